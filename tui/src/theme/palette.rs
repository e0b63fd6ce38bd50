//! The palettes: each colour once for terminals of any colour, of 256 and of sixteen.
//! The safe ones are after Okabe and Ito. Of sixteen colours on a light ground neither
//! green, yellow nor cyan can be read: what they would say, others say there.

use ratatui::style::Color;

use super::{Palette, Role};

/// One colour three ways.
#[derive(Clone, Copy)]
pub(super) struct Shade {
    /// `0xRRGGBB`.
    pub(super) rgb: u32,
    pub(super) indexed: u8,
    pub(super) sixteen: Color,
}

const fn shade(rgb: u32, indexed: u8, sixteen: Color) -> Shade {
    Shade {
        rgb,
        indexed,
        sixteen,
    }
}

/// The role's colour; none where it is the terminal's own.
pub(super) fn of(palette: Palette, role: Role) -> Option<Shade> {
    Some(match (palette, role) {
        (Palette::Dark, Role::Alarm) => shade(0xff6b6b, 203, Color::LightRed),
        (Palette::Dark, Role::Warn) => shade(0xf2c14e, 221, Color::Yellow),
        (Palette::Dark, Role::Good) => shade(0x7bd88f, 114, Color::Green),
        (Palette::Dark, Role::Strong) => shade(0x6cc4f5, 81, Color::Cyan),
        (Palette::Dark, Role::Marked) => shade(0xd79bf0, 177, Color::LightMagenta),
        (Palette::Dark, Role::Faint) => shade(0x8f98a3, 246, Color::DarkGray),
        (Palette::Light, Role::Alarm) => shade(0xb41e1e, 124, Color::Red),
        (Palette::Light, Role::Warn) => shade(0x8a5a00, 94, Color::Magenta),
        (Palette::Light, Role::Good) => shade(0x1f6f2f, 22, Color::Blue),
        (Palette::Light, Role::Strong) => shade(0x0b5394, 25, Color::Reset),
        (Palette::Light, Role::Marked) => shade(0x7a1fa2, 90, Color::Magenta),
        (Palette::Light, Role::Faint) => shade(0x5f6770, 241, Color::DarkGray),
        (Palette::Safe, Role::Alarm) => shade(0xe07000, 208, Color::LightRed),
        (Palette::Safe, Role::Warn) => shade(0xf0e442, 227, Color::LightYellow),
        (Palette::Safe, Role::Good) => shade(0x56b4e9, 74, Color::LightBlue),
        (Palette::Safe, Role::Strong) => shade(0xffffff, 231, Color::White),
        (Palette::Safe, Role::Marked) => shade(0xcc79a7, 175, Color::LightMagenta),
        (Palette::Safe, Role::Faint) => shade(0xa0a0a0, 247, Color::DarkGray),
        (Palette::SafeLight, Role::Alarm) => shade(0x6e1a00, 52, Color::Red),
        (Palette::SafeLight, Role::Warn) => shade(0x826d00, 94, Color::Magenta),
        (Palette::SafeLight, Role::Good) => shade(0x0064a8, 25, Color::Blue),
        (Palette::SafeLight, Role::Strong) => shade(0x000000, 16, Color::Reset),
        (Palette::SafeLight, Role::Marked) => shade(0x8e3f6d, 89, Color::Magenta),
        (Palette::SafeLight, Role::Faint) => shade(0x5f6770, 241, Color::DarkGray),
        (_, Role::Lane(n)) => return lane(palette, n),
        (_, Role::Cursor | Role::Bar | Role::Stale) => return None,
    })
}

/// Lanes go from cold to warm along the lifecycle.
fn lane(palette: Palette, n: u8) -> Option<Shade> {
    const DARK: [Shade; 4] = [
        shade(0x9aa7ff, 111, Color::LightBlue),
        shade(0x6cc4f5, 81, Color::Cyan),
        shade(0x7bd88f, 114, Color::Green),
        shade(0xf2c14e, 221, Color::Yellow),
    ];
    const LIGHT: [Shade; 4] = [
        shade(0x303f9f, 61, Color::Blue),
        shade(0x006978, 23, Color::Magenta),
        shade(0x1f6f2f, 22, Color::Reset),
        shade(0x8a5a00, 94, Color::DarkGray),
    ];
    const SAFE: [Shade; 4] = [
        shade(0x56b4e9, 74, Color::LightBlue),
        shade(0x009e73, 36, Color::Cyan),
        shade(0xcc79a7, 175, Color::LightMagenta),
        shade(0xe69f00, 214, Color::LightYellow),
    ];
    const SAFE_LIGHT: [Shade; 4] = [
        shade(0x0064a8, 25, Color::Blue),
        shade(0x00694d, 23, Color::Magenta),
        shade(0x8e3f6d, 89, Color::Reset),
        shade(0x8f4a00, 94, Color::DarkGray),
    ];
    let lanes = match palette {
        Palette::Dark => DARK,
        Palette::Light => LIGHT,
        Palette::Safe => SAFE,
        Palette::SafeLight => SAFE_LIGHT,
    };
    lanes.get(usize::from(n / 2)).copied()
}

/// Behind the row under the cursor.
pub(super) fn cursor(palette: Palette) -> Shade {
    match palette {
        Palette::Dark | Palette::Safe => shade(0x2f3b4c, 237, Color::DarkGray),
        Palette::Light | Palette::SafeLight => shade(0xd3e3f5, 153, Color::Gray),
    }
}

/// Behind the bars above and below.
pub(super) fn bar(palette: Palette) -> Shade {
    match palette {
        Palette::Dark | Palette::Safe => shade(0x1c222b, 234, Color::Black),
        Palette::Light | Palette::SafeLight => shade(0xe9ecef, 254, Color::Gray),
    }
}
