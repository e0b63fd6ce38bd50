//! Which way up a photo is: phones turn the picture in a note of its header,
//! and PDF readers do not look there.

/// How a picture is to be turned to stand upright.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Turn {
    /// It stands.
    #[default]
    None,
    /// By a quarter, clockwise.
    Right,
    /// Upside down.
    Half,
    /// By a quarter, anticlockwise.
    Left,
}

impl Turn {
    /// Width and height change places.
    pub(crate) fn swaps(self) -> bool {
        matches!(self, Self::Right | Self::Left)
    }
}

/// Bytes of a header that are looked at.
const MAX_LOOKED_AT: usize = 256 * 1024;

/// Tag 0x0112 of TIFF.
const ORIENTATION: u16 = 0x0112;

/// What a JPEG's Exif note says; upright where it has none or is damaged.
/// Mirrored orientations, which no camera writes, count as their plain ones.
pub(crate) fn turn(jpeg: &[u8]) -> Turn {
    let looked_at = &jpeg[..jpeg.len().min(MAX_LOOKED_AT)];
    match exif(looked_at).and_then(orientation) {
        Some(3 | 4) => Turn::Half,
        Some(5 | 6) => Turn::Right,
        Some(7 | 8) => Turn::Left,
        _ => Turn::None,
    }
}

/// The TIFF part of the APP1 segment.
fn exif(jpeg: &[u8]) -> Option<&[u8]> {
    let mut rest = jpeg.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let [0xff, marker, high, low, ..] = *rest else {
            return None;
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let segment = rest.get(4..2 + length)?;
        if marker == 0xe1
            && let Some(tiff) = segment.strip_prefix(b"Exif\0\0")
        {
            return Some(tiff);
        }
        // the picture itself begins
        if marker == 0xda {
            return None;
        }
        rest = rest.get(2 + length..)?;
    }
}

fn orientation(tiff: &[u8]) -> Option<u16> {
    let little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    };
    let first: [u8; 4] = tiff.get(4..8)?.try_into().ok()?;
    let first = if little {
        u32::from_le_bytes(first)
    } else {
        u32::from_be_bytes(first)
    };
    let first = usize::try_from(first).ok()?;
    let entries = usize::from(short(first)?);
    (0..entries)
        .map(|n| first + 2 + 12 * n)
        .find(|at| short(*at) == Some(ORIENTATION))
        .and_then(|at| short(at + 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jpeg(big: bool, value: u8) -> Vec<u8> {
        let mut tiff = if big {
            b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec()
        } else {
            b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec()
        };
        tiff.extend([value, 0, 0, 0]);
        let mut segment = b"Exif\0\0".to_vec();
        segment.extend(tiff);
        let length = u16::try_from(segment.len() + 2).unwrap().to_be_bytes();
        let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 1, 0xff, 0xe1];
        jpeg.extend(length);
        jpeg.extend(segment);
        jpeg
    }

    #[test]
    fn phones_are_understood_in_either_byte_order() {
        for big in [true, false] {
            assert_eq!(turn(&jpeg(big, 1)), Turn::None);
            assert_eq!(turn(&jpeg(big, 3)), Turn::Half);
            assert_eq!(turn(&jpeg(big, 6)), Turn::Right);
            assert_eq!(turn(&jpeg(big, 8)), Turn::Left);
        }
    }

    #[test]
    fn damage_is_upright() {
        let good = jpeg(true, 6);
        for cut in 0..good.len() - 4 {
            assert_eq!(turn(&good[..cut]), Turn::None, "{cut}");
        }
        assert_eq!(turn(&[0xff; 64]), Turn::None);
    }
}
