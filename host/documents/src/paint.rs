//! From drawing steps to a PDF. The only module that knows the library's pages.

use chrono::{Datelike, Timelike};
use dispatch_contract::Timestamp;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::{Document, SerializeSettings};

use crate::canvas::{Rgb, Sheet, Step, Style, WATERMARK, WHITE};
use crate::company::PaperSize;
use crate::error::DocumentError;
use crate::exif::Turn;
use crate::face::{Face, Weight};

/// What a PDF says of itself.
pub(crate) struct About {
    pub(crate) title: String,
    pub(crate) author: String,
    pub(crate) made_at: Timestamp,
    pub(crate) id: String,
}

/// Paint the sheets. The same sheets always give the same bytes.
pub(crate) fn paint(
    face: &Face,
    size: PaperSize,
    sheets: &[Sheet],
    pictures: &[Image],
    about: &About,
) -> Result<Vec<u8>, DocumentError> {
    let mut document = Document::new_with(SerializeSettings::default());
    document.set_metadata(metadata(about));
    let (width, height) = size.points();
    for sheet in sheets {
        let settings = PageSettings::from_wh(width, height).ok_or_else(|| DocumentError::Pdf {
            what: "no such page size".into(),
        })?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for step in &sheet.steps {
            draw(&mut surface, face, (width, height), pictures, step);
        }
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| DocumentError::Pdf {
        what: format!("{error:?}").chars().take(200).collect(),
    })
}

fn metadata(about: &About) -> Metadata {
    let at = about.made_at.utc();
    let small = |n: u32| u8::try_from(n).unwrap_or(0);
    let date = DateTime::new(u16::try_from(at.year()).unwrap_or(1970))
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0);
    Metadata::new()
        .title(about.title.clone())
        .authors(vec![about.author.clone()])
        .creator("Real Dispatch".into())
        .language("en".into())
        .document_id(about.id.clone())
        .creation_date(date)
}

fn draw(
    surface: &mut Surface<'_>,
    face: &Face,
    sheet: (f32, f32),
    pictures: &[Image],
    step: &Step,
) {
    match step {
        Step::Text { x, y, style, text } => write(surface, face, *x, *y, *style, text),
        Step::Watermark { text } => watermark(surface, face, sheet, text),
        Step::Fill {
            x,
            y,
            width,
            height,
            color,
        } => {
            if let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) {
                let mut path = PathBuilder::new();
                path.push_rect(rect);
                surface.set_stroke(None);
                surface.set_fill(Some(fill(*color)));
                path.finish()
                    .iter()
                    .for_each(|path| surface.draw_path(path));
            }
        }
        Step::Frame {
            x,
            y,
            width,
            height,
            color,
        } => {
            if let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) {
                let mut path = PathBuilder::new();
                path.push_rect(rect);
                surface.set_fill(None);
                surface.set_stroke(Some(stroke(*color, 0.8)));
                path.finish()
                    .iter()
                    .for_each(|path| surface.draw_path(path));
            }
        }
        Step::Tick { x, y, side } => {
            let mut path = PathBuilder::new();
            path.move_to(x + side * 0.22, y + side * 0.54);
            path.line_to(x + side * 0.43, y + side * 0.74);
            path.line_to(x + side * 0.80, y + side * 0.28);
            surface.set_fill(None);
            surface.set_stroke(Some(stroke(WHITE, side * 0.13)));
            path.finish()
                .iter()
                .for_each(|path| surface.draw_path(path));
        }
        Step::Picture {
            index,
            x,
            y,
            width,
            height,
            turn,
        } => {
            if let Some(image) = pictures.get(*index) {
                picture(surface, image, (*x, *y, *width, *height), *turn);
            }
        }
    }
}

fn write(surface: &mut Surface<'_>, face: &Face, x: f32, y: f32, style: Style, text: &str) {
    if text.is_empty() {
        return;
    }
    surface.set_stroke(None);
    surface.set_fill(Some(fill(style.color)));
    let glyphs = face.glyphs(style.weight, text);
    let font = face.font(style.weight);
    surface.draw_glyphs(Point::from_xy(x, y), &glyphs, font, text, style.size, false);
}

fn watermark(surface: &mut Surface<'_>, face: &Face, (width, height): (f32, f32), text: &str) {
    let style = Style::bold(150.0, WATERMARK);
    let wide = face.width(Weight::Bold, style.size, text);
    let (x, y) = (width / 2.0, height * 0.56);
    surface.push_transform(&Transform::from_rotate_at(-38.0, x, y));
    write(
        surface,
        face,
        x - wide / 2.0,
        y + style.size * 0.35,
        style,
        text,
    );
    surface.pop();
}

/// The box is as the reader sees it; the picture in it may lie on its side.
fn picture(surface: &mut Surface<'_>, image: &Image, at: (f32, f32, f32, f32), turn: Turn) {
    let (x, y, width, height) = at;
    let (along, across) = if turn.swaps() {
        (height, width)
    } else {
        (width, height)
    };
    let place = match turn {
        Turn::None => Transform::from_translate(x, y),
        Turn::Half => Transform::from_row(-1.0, 0.0, 0.0, -1.0, x + width, y + height),
        Turn::Right => Transform::from_row(0.0, 1.0, -1.0, 0.0, x + width, y),
        Turn::Left => Transform::from_row(0.0, -1.0, 1.0, 0.0, x, y + height),
    };
    if let Some(size) = Size::from_wh(along, across) {
        surface.push_transform(&place);
        surface.draw_image(image.clone(), size);
        surface.pop();
    }
}

fn fill((r, g, b): Rgb) -> Fill {
    Fill {
        paint: rgb::Color::new(r, g, b).into(),
        ..Fill::default()
    }
}

fn stroke((r, g, b): Rgb, width: f32) -> Stroke {
    Stroke {
        paint: rgb::Color::new(r, g, b).into(),
        width,
        ..Stroke::default()
    }
}
