//! The font family: what it can show, how wide a text is, its shaped glyphs.
//! Measuring and drawing use the same shaping, so what fits is what is drawn.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, UnicodeBuffer};

use crate::error::DocumentError;

const REGULAR: &[u8] = include_bytes!("../fonts/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../fonts/NotoSans-Bold.ttf");

/// How heavy a text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

struct Cut {
    shaper: rustybuzz::Face<'static>,
    font: Font,
    units: f32,
}

impl Cut {
    fn new(bytes: &'static [u8]) -> Result<Self, DocumentError> {
        let shaper = rustybuzz::Face::from_slice(bytes, 0).ok_or(DocumentError::Font)?;
        let font = Font::new(bytes.into(), 0).ok_or(DocumentError::Font)?;
        let units = font.units_per_em();
        Ok(Self {
            shaper,
            font,
            units,
        })
    }
}

/// The font family.
pub(crate) struct Face {
    regular: Cut,
    bold: Cut,
}

impl Face {
    pub(crate) fn new() -> Result<Self, DocumentError> {
        Ok(Self {
            regular: Cut::new(REGULAR)?,
            bold: Cut::new(BOLD)?,
        })
    }

    fn cut(&self, weight: Weight) -> &Cut {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    pub(crate) fn font(&self, weight: Weight) -> Font {
        self.cut(weight).font.clone()
    }

    /// Can this character be shown?
    pub(crate) fn has(&self, c: char) -> bool {
        self.regular.shaper.glyph_index(c).is_some()
    }

    /// Width of a text in points.
    pub(crate) fn width(&self, weight: Weight, size: f32, text: &str) -> f32 {
        let cut = self.cut(weight);
        let shaped = shape(cut, text);
        let units: i32 = shaped.glyph_positions().iter().map(|p| p.x_advance).sum();
        units as f32 / cut.units * size
    }

    /// The glyphs of a text, in ems.
    pub(crate) fn glyphs(&self, weight: Weight, text: &str) -> Vec<KrillaGlyph> {
        let cut = self.cut(weight);
        let shaped = shape(cut, text);
        let (infos, positions) = (shaped.glyph_infos(), shaped.glyph_positions());
        let ems = |units: i32| units as f32 / cut.units;
        infos
            .iter()
            .zip(positions)
            .enumerate()
            .map(|(n, (info, position))| {
                // left to right, clusters only grow
                let start = info.cluster as usize;
                let end = infos[n..]
                    .iter()
                    .map(|other| other.cluster as usize)
                    .find(|other| *other > start)
                    .unwrap_or(text.len());
                KrillaGlyph::new(
                    GlyphId::new(info.glyph_id),
                    ems(position.x_advance),
                    ems(position.x_offset),
                    ems(position.y_offset),
                    ems(position.y_advance),
                    start..end,
                    None,
                )
            })
            .collect()
    }
}

fn shape(cut: &Cut, text: &str) -> rustybuzz::GlyphBuffer {
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.guess_segment_properties();
    buffer.set_direction(Direction::LeftToRight);
    rustybuzz::shape(&cut.shaper, &[], buffer)
}
