//! The flow of a paper down its sheets: a cursor that breaks pages, repeats the
//! running head and numbers every sheet at the end.

use crate::canvas::{ACCENT, INK, MUTED, RULE, Sheet, Step, Style};
use crate::company::PaperSize;
use crate::error::DocumentError;
use crate::face::Face;
use crate::text::{clean, fit, wrap};

/// Pages of a paper at most.
pub(crate) const MAX_PAGES: usize = 300;

const MARGIN: f32 = 54.0;
const TOP: f32 = 50.0;
const FOOT: f32 = 56.0;

/// Where the next thing goes.
pub(crate) struct Flow<'a> {
    pub(crate) face: &'a Face,
    pub(crate) y: f32,
    width: f32,
    height: f32,
    sheets: Vec<Sheet>,
    running: (String, String),
    watermark: Option<&'static str>,
    too_long: bool,
}

impl<'a> Flow<'a> {
    /// `running` is what the head of every sheet but the first says, left and right.
    pub(crate) fn new(
        face: &'a Face,
        size: PaperSize,
        running: (String, String),
        watermark: Option<&'static str>,
    ) -> Self {
        let (width, height) = size.points();
        let mut flow = Self {
            face,
            y: TOP,
            width,
            height,
            sheets: Vec::new(),
            running,
            watermark,
            too_long: false,
        };
        flow.sheet();
        flow
    }

    pub(crate) fn left(&self) -> f32 {
        MARGIN
    }

    pub(crate) fn right(&self) -> f32 {
        self.width - MARGIN
    }

    pub(crate) fn inner(&self) -> f32 {
        self.width - 2.0 * MARGIN
    }

    fn bottom(&self) -> f32 {
        self.height - FOOT
    }

    fn sheet(&mut self) {
        if self.sheets.len() == MAX_PAGES {
            self.too_long = true;
            return;
        }
        self.sheets.push(Sheet::default());
        if let Some(word) = self.watermark {
            self.step(Step::Watermark { text: word.into() });
        }
    }

    /// Draw.
    pub(crate) fn step(&mut self, step: Step) {
        if !self.too_long
            && let Some(sheet) = self.sheets.last_mut()
        {
            sheet.steps.push(step);
        }
    }

    /// Begin another sheet.
    pub(crate) fn break_page(&mut self) {
        self.sheet();
        self.y = TOP - 12.0;
        let (left, right) = self.running.clone();
        let half = self.inner() / 2.0;
        self.text(self.left(), Style::bold(8.5, ACCENT), &left, half);
        self.text_right(self.right(), Style::regular(8.5, MUTED), &right, half);
        self.y += 15.0;
        self.rule();
        self.y += 14.0;
    }

    /// Make sure that so much fits below; true where a new sheet was begun for it.
    pub(crate) fn room(&mut self, height: f32) -> bool {
        let breaks = self.y + height > self.bottom();
        if breaks {
            self.break_page();
        }
        breaks
    }

    /// A line across.
    pub(crate) fn rule(&mut self) {
        self.fill(self.left(), self.y, self.inner(), 0.75, RULE);
    }

    pub(crate) fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, color: (u8, u8, u8)) {
        self.step(Step::Fill {
            x,
            y,
            width,
            height,
            color,
        });
    }

    /// One line at the cursor, cut to a width; the cursor stays.
    pub(crate) fn text(&mut self, x: f32, style: Style, text: &str, width: f32) {
        let text = fit(self.face, style.weight, style.size, text, width);
        self.step(Step::Text {
            x,
            y: self.y + style.ascent(),
            style,
            text,
        });
    }

    /// As [`Flow::text`], ending at `right`.
    pub(crate) fn text_right(&mut self, right: f32, style: Style, text: &str, width: f32) {
        let text = fit(self.face, style.weight, style.size, text, width);
        let x = right - self.face.width(style.weight, style.size, &text);
        self.step(Step::Text {
            x,
            y: self.y + style.ascent(),
            style,
            text,
        });
    }

    /// A text as long as it is, over as many sheets as it takes; the cursor follows.
    pub(crate) fn paragraph(&mut self, x: f32, style: Style, text: &str, width: f32) {
        for line in wrap(self.face, style.weight, style.size, text, width) {
            self.room(style.leading());
            self.text(x, style, &line, width + 1.0);
            self.y += style.leading();
        }
    }

    /// A section begins; it is not left alone at the foot of a sheet.
    pub(crate) fn heading(&mut self, text: &str) {
        self.heading_with(text, 72.0);
    }

    /// As [`Flow::heading`], kept together with so much of what follows.
    pub(crate) fn heading_with(&mut self, text: &str, keep: f32) {
        self.room(36.0 + keep);
        self.y += 12.0;
        self.text(self.left(), Style::HEADING, text, self.inner());
        self.y += Style::HEADING.leading() + 1.0;
        self.rule();
        self.y += 8.0;
    }

    /// A small label above something.
    pub(crate) fn label(&mut self, x: f32, text: &str, width: f32) {
        self.text(x, Style::LABEL, &text.to_uppercase(), width);
        self.y += Style::LABEL.leading() + 1.5;
    }

    /// Every sheet with its foot: what the house says, and which page of how many.
    pub(crate) fn finish(mut self, foot: &str) -> Result<Vec<Sheet>, DocumentError> {
        if self.too_long {
            return Err(DocumentError::TooLong { limit: MAX_PAGES });
        }
        let mut sheets = std::mem::take(&mut self.sheets);
        let total = sheets.len();
        let style = Style::regular(7.5, MUTED);
        for (n, sheet) in sheets.iter_mut().enumerate() {
            self.sheets = vec![std::mem::take(sheet)];
            self.y = self.height - FOOT + 14.0;
            self.rule();
            self.y += 7.0;
            self.text(self.left(), style, foot, self.inner() - 90.0);
            let page = format!("Page {} of {total}", n + 1);
            self.text_right(
                self.right(),
                Style {
                    color: INK,
                    ..style
                },
                &page,
                90.0,
            );
            *sheet = self.sheets.pop().unwrap_or_default();
        }
        Ok(sheets)
    }

    /// The title as metadata shows it.
    pub(crate) fn cleaned(&self, text: &str) -> String {
        clean(self.face, text)
    }
}
