//! What is drawn: steps on sheets, in points from the top left. Plain data, so
//! that a layout can be looked at without a PDF.

use crate::exif::Turn;
use crate::face::Weight;

/// A colour.
pub(crate) type Rgb = (u8, u8, u8);

/// The house's colours.
pub(crate) const INK: Rgb = (0x1d, 0x26, 0x30);
pub(crate) const MUTED: Rgb = (0x67, 0x70, 0x7c);
pub(crate) const ACCENT: Rgb = (0x12, 0x4e, 0x66);
pub(crate) const SHADE: Rgb = (0xf3, 0xf5, 0xf7);
pub(crate) const RULE: Rgb = (0xd3, 0xd9, 0xdf);
pub(crate) const WARN: Rgb = (0xb4, 0x53, 0x09);
pub(crate) const WATERMARK: Rgb = (0xf1, 0xf3, 0xf5);
pub(crate) const WHITE: Rgb = (0xff, 0xff, 0xff);

/// How a text looks.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Style {
    pub(crate) weight: Weight,
    pub(crate) size: f32,
    pub(crate) color: Rgb,
}

impl Style {
    pub(crate) const BODY: Self = Self::regular(9.5, INK);
    pub(crate) const SMALL: Self = Self::regular(8.0, MUTED);
    pub(crate) const LABEL: Self = Self::bold(7.0, MUTED);
    pub(crate) const HEADING: Self = Self::bold(11.5, ACCENT);

    pub(crate) const fn regular(size: f32, color: Rgb) -> Self {
        Self {
            weight: Weight::Regular,
            size,
            color,
        }
    }

    pub(crate) const fn bold(size: f32, color: Rgb) -> Self {
        Self {
            weight: Weight::Bold,
            size,
            color,
        }
    }

    /// From one line to the next.
    pub(crate) fn leading(&self) -> f32 {
        self.size * 1.38
    }

    /// From a line's top to its baseline.
    pub(crate) fn ascent(&self) -> f32 {
        self.size * 1.05
    }
}

/// One drawing step.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Step {
    /// A text on its baseline, already clean and measured.
    Text {
        x: f32,
        y: f32,
        style: Style,
        text: String,
    },
    /// A large faint word across the sheet.
    Watermark { text: String },
    /// A filled rectangle.
    Fill {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        color: Rgb,
    },
    /// An outlined rectangle.
    Frame {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        color: Rgb,
    },
    /// A tick that fits a square of this side.
    Tick { x: f32, y: f32, side: f32 },
    /// The n-th picture, upright in this box.
    Picture {
        index: usize,
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        turn: Turn,
    },
}

/// One side of paper.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) steps: Vec<Step>,
}
