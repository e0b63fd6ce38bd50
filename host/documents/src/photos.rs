//! Photos: looked at before they are placed, then put into a grid with captions.
//! One that cannot be shown becomes a labelled place, never a failure.

use dispatch_contract::reading::AttachmentEntry;
use dispatch_contract::time::Zone;
use krilla::geom::Size;
use krilla::image::Image;
use krilla::page::PageSettings;
use krilla::{Data, Document};

use crate::canvas::{INK, MUTED, RULE, SHADE, Step, Style};
use crate::exif::{Turn, turn};
use crate::flow::Flow;
use crate::words;

/// Photos shown at most; all are in the list of files.
pub(crate) const MAX_SHOWN: usize = 40;

/// Bytes of one photo at most.
pub(crate) const MAX_BYTES: usize = 12 * 1024 * 1024;

/// Bytes of all photos of a paper at most.
pub(crate) const MAX_TOTAL_BYTES: usize = 64 * 1024 * 1024;

/// Pixels of a JPEG at most; it goes into the PDF as it is.
const MAX_JPEG_PIXELS: u64 = 80_000_000;

/// Pixels of all other pictures of a paper at most; they are unpacked, 4 bytes each.
const MAX_UNPACKED_PIXELS: u64 = 24_000_000;

/// What the photos of a paper have used up.
#[derive(Default)]
struct Used {
    bytes: usize,
    unpacked_pixels: u64,
}

const GAP: f32 = 16.0;
const BOX_HEIGHT: f32 = 162.0;
const CAPTION_HEIGHT: f32 = 30.0;

/// A row of the grid.
pub(crate) const ROW_HEIGHT: f32 = BOX_HEIGHT + CAPTION_HEIGHT;

/// A photo and, where the store had them, its bytes.
#[derive(Clone, PartialEq, Debug)]
pub struct Photo {
    /// What the case file says of it.
    pub entry: AttachmentEntry,
    /// Its bytes; `None` shows a labelled place instead.
    pub bytes: Option<Vec<u8>>,
}

/// A photo ready to be placed, or why it is not.
pub(crate) struct Ready {
    shown: Result<(usize, (f32, f32), Turn), &'static str>,
}

impl Ready {
    /// The paper shows it.
    pub(crate) fn is_shown(&self) -> bool {
        self.shown.is_ok()
    }
}

/// Look at the photos; the pictures come in the order the steps count them.
pub(crate) fn look(photos: &[Photo]) -> (Vec<AttachmentEntry>, Vec<Ready>, Vec<Image>) {
    let (mut entries, mut ready, mut pictures) = (Vec::new(), Vec::new(), Vec::new());
    let mut used = Used::default();
    for photo in photos.iter().take(MAX_SHOWN) {
        let shown = picture(photo.bytes.as_deref(), &mut used).map(|(image, turn)| {
            let (width, height) = image.size();
            let upright = if turn.swaps() {
                (height, width)
            } else {
                (width, height)
            };
            pictures.push(image);
            (
                pictures.len() - 1,
                (upright.0 as f32, upright.1 as f32),
                turn,
            )
        });
        entries.push(photo.entry.clone());
        ready.push(Ready { shown });
    }
    (entries, ready, pictures)
}

fn picture(bytes: Option<&[u8]>, used: &mut Used) -> Result<(Image, Turn), &'static str> {
    let bytes = bytes.ok_or("The file was not available")?;
    if bytes.len() > MAX_BYTES || used.bytes + bytes.len() > MAX_TOTAL_BYTES {
        return Err("The file is too large to be shown here");
    }
    let turned = turn(bytes);
    let jpeg = bytes.starts_with(&[0xff, 0xd8]);
    let data = Data::from(bytes.to_vec());
    let image = if jpeg {
        Image::from_jpeg(data, true)
    } else if bytes.starts_with(b"\x89PNG") {
        Image::from_png(data, true)
    } else if bytes.starts_with(b"GIF8") {
        Image::from_gif(data, true)
    } else if bytes.starts_with(b"RIFF") {
        Image::from_webp(data, true)
    } else {
        return Err("The file is not a picture that can be shown here");
    };
    const DAMAGED: &str = "The picture is damaged";
    let image = image.map_err(|_| DAMAGED)?;
    let (width, height) = image.size();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(DAMAGED);
    }
    let (limit, unpacked) = if jpeg {
        (MAX_JPEG_PIXELS, 0)
    } else {
        (MAX_UNPACKED_PIXELS - used.unpacked_pixels, pixels)
    };
    if pixels > limit {
        return Err("The picture is too large to be shown here");
    }
    used.bytes += bytes.len();
    used.unpacked_pixels += unpacked;
    // a picture is unpacked when its PDF is written; a damaged one is found
    // here, in a PDF of its own, so that it never takes the paper with it
    if writes(&image) {
        Ok((image, turned))
    } else {
        Err(DAMAGED)
    }
}

fn writes(image: &Image) -> bool {
    let mut document = Document::new();
    let (Some(settings), Some(size)) = (PageSettings::from_wh(9.0, 9.0), Size::from_wh(9.0, 9.0))
    else {
        return false;
    };
    let mut page = document.start_page_with(settings);
    let mut surface = page.surface();
    surface.draw_image(image.clone(), size);
    surface.finish();
    page.finish();
    document.finish().is_ok()
}

/// Two to a row, with phase, time and the beginning of the hash below each.
pub(crate) fn grid(flow: &mut Flow<'_>, entries: &[AttachmentEntry], ready: &[Ready], zone: Zone) {
    let width = (flow.inner() - GAP) / 2.0;
    let pairs: Vec<_> = entries.iter().zip(ready).collect();
    for row in pairs.chunks(2) {
        flow.room(ROW_HEIGHT);
        for (n, (entry, ready)) in row.iter().enumerate() {
            let x = flow.left() + n as f32 * (width + GAP);
            place(flow, x, width, entry, ready, zone);
        }
        flow.y += ROW_HEIGHT + 8.0;
    }
}

fn place(
    flow: &mut Flow<'_>,
    x: f32,
    width: f32,
    entry: &AttachmentEntry,
    ready: &Ready,
    zone: Zone,
) {
    let top = flow.y;
    flow.fill(x, top, width, BOX_HEIGHT, SHADE);
    match &ready.shown {
        Ok((index, (wide, high), turn)) => {
            let scale = (width / wide).min(BOX_HEIGHT / high);
            let (w, h) = (wide * scale, high * scale);
            flow.step(Step::Picture {
                index: *index,
                x: x + (width - w) / 2.0,
                y: top + (BOX_HEIGHT - h) / 2.0,
                width: w,
                height: h,
                turn: *turn,
            });
        }
        Err(why) => {
            flow.step(Step::Frame {
                x,
                y: top,
                width,
                height: BOX_HEIGHT,
                color: RULE,
            });
            flow.y = top + BOX_HEIGHT / 2.0 - 14.0;
            flow.text(
                x + 14.0,
                Style::bold(9.0, INK),
                "Photo not shown",
                width - 28.0,
            );
            flow.y += 13.0;
            flow.text(x + 14.0, Style::regular(8.0, MUTED), why, width - 28.0);
        }
    }
    let attachment = &entry.attachment;
    flow.y = top + BOX_HEIGHT + 5.0;
    let caption = format!(
        "{} · {}",
        words::phase(attachment.phase),
        words::moment(entry.at, zone)
    );
    flow.text(x, Style::bold(8.0, INK), &caption, width);
    flow.y += 11.0;
    let hash: String = attachment.sha256.chars().take(16).collect();
    let file = format!("SHA-256 {hash}… · {}", words::size(attachment.size_bytes));
    flow.text(x, Style::regular(7.0, MUTED), &file, width);
    flow.y = top;
}
