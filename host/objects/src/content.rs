//! The closed set of content types, and how the first bytes of each look.

use std::fmt;
use std::str::FromStr;

/// So many first bytes decide what a body is.
pub(crate) const MAGIC_BYTES: usize = 12;

/// A type of object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ContentType {
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `image/webp`
    Webp,
    /// `image/gif`
    Gif,
    /// `application/pdf`
    Pdf,
    /// `application/json`; only the house itself writes these.
    Json,
}

/// A text that names no type of the closed set.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "not a content type that is kept: one of image/jpeg, image/png, image/webp, image/gif, \
     application/pdf"
)]
pub struct BadContentType;

impl ContentType {
    /// Every type.
    pub const ALL: [Self; 6] = [
        Self::Jpeg,
        Self::Png,
        Self::Webp,
        Self::Gif,
        Self::Pdf,
        Self::Json,
    ];

    /// The types a caller may upload, unless configured otherwise.
    pub const UPLOADS: [Self; 5] = [Self::Jpeg, Self::Png, Self::Webp, Self::Gif, Self::Pdf];

    /// The MIME type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Pdf => "application/pdf",
            Self::Json => "application/json",
        }
    }

    /// The extension of a key of this type.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Gif => "gif",
            Self::Pdf => "pdf",
            Self::Json => "json",
        }
    }

    /// Do a body's first bytes look like this type? JSON has no such bytes.
    #[must_use]
    pub fn matches(self, first: &[u8]) -> bool {
        match self {
            Self::Jpeg => first.starts_with(&[0xff, 0xd8, 0xff]),
            Self::Png => first.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Webp => first.starts_with(b"RIFF") && first.get(8..12) == Some(b"WEBP"),
            Self::Gif => first.starts_with(b"GIF87a") || first.starts_with(b"GIF89a"),
            Self::Pdf => first.starts_with(b"%PDF-"),
            Self::Json => true,
        }
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ContentType {
    type Err = BadContentType;

    /// Case and parameters (`; charset=...`) do not matter.
    fn from_str(text: &str) -> Result<Self, BadContentType> {
        let essence = text.split(';').next().unwrap_or_default().trim();
        Self::ALL
            .into_iter()
            .find(|known| known.name().eq_ignore_ascii_case(essence))
            .ok_or(BadContentType)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_whatever_their_case_and_parameters() {
        for known in ContentType::ALL {
            assert_eq!(known.name().parse(), Ok(known));
        }
        assert_eq!("Image/JPEG; q=1".parse(), Ok(ContentType::Jpeg));
        for bad in ["", "text/html", "image/svg+xml", "image/jpegx"] {
            assert_eq!(bad.parse::<ContentType>(), Err(BadContentType), "{bad}");
        }
    }

    #[test]
    fn first_bytes_tell_types_apart() {
        let samples: [(ContentType, &[u8]); 5] = [
            (ContentType::Jpeg, b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01"),
            (ContentType::Png, b"\x89PNG\r\n\x1a\n\0\0\0\r"),
            (ContentType::Webp, b"RIFF\x10\0\0\0WEBP"),
            (ContentType::Gif, b"GIF89a\x01\0\x01\0\0\0"),
            (ContentType::Pdf, b"%PDF-1.7\n%\xff\xff"),
        ];
        for (claimed, _) in samples {
            for (actual, first) in samples {
                assert_eq!(
                    claimed.matches(first),
                    claimed == actual,
                    "{claimed} {actual}"
                );
            }
            assert!(!claimed.matches(b""));
        }
    }
}
