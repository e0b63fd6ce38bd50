//! A colour in terminals that have fewer: the nearest that they have.

use ratatui::style::Color;

use super::Depth;

type Rgb = [u8; 3];

/// The first sixteen, as xterm shows them where nobody chose others.
const SIXTEEN: [(Color, Rgb); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

/// This colour as a terminal of so many shows it; none of its own where it is the
/// terminal's.
pub(super) fn nearest(color: Color, depth: Depth) -> Color {
    let Some(rgb) = rgb(color) else { return color };
    match (depth, color) {
        (Depth::Indexed, Color::Rgb(..)) => Color::Indexed(indexed(rgb)),
        (Depth::Sixteen, Color::Rgb(..) | Color::Indexed(_)) => sixteen(rgb),
        _ => color,
    }
}

/// Red, green and blue; none of the terminal's own ink.
pub(super) fn rgb(color: Color) -> Option<Rgb> {
    match color {
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(n) => Some(of_index(n)),
        named => SIXTEEN
            .into_iter()
            .find(|(known, _)| *known == named)
            .map(|(_, rgb)| rgb),
    }
}

/// Sixteen, then a cube of six by six by six, then 24 greys.
fn of_index(n: u8) -> Rgb {
    let step = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
    match n {
        0..16 => SIXTEEN[usize::from(n)].1,
        16..232 => [(n - 16) / 36, (n - 16) / 6 % 6, (n - 16) % 6].map(step),
        232.. => [8 + 10 * (n - 232); 3],
    }
}

/// The first sixteen are left out: everybody chooses those.
fn indexed(rgb: Rgb) -> u8 {
    (16..=255)
        .min_by_key(|n| apart(of_index(*n), rgb))
        .unwrap_or(16)
}

fn sixteen(rgb: Rgb) -> Color {
    let nearest = SIXTEEN.iter().min_by_key(|(_, known)| apart(*known, rgb));
    nearest.map_or(Color::Reset, |(color, _)| *color)
}

/// How far apart two are: green tells most, blue least.
fn apart(a: Rgb, b: Rgb) -> u32 {
    let square = |n: usize| u32::from(a[n].abs_diff(b[n])).pow(2);
    3 * square(0) + 4 * square(1) + 2 * square(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_given_the_nearest_that_it_has() {
        let orange = Color::Rgb(0xff, 0x87, 0x00);
        assert_eq!(nearest(orange, Depth::True), orange);
        assert_eq!(nearest(orange, Depth::Indexed), Color::Indexed(208));
        assert_eq!(
            nearest(Color::Rgb(9, 9, 9), Depth::Indexed),
            Color::Indexed(232)
        );
        assert_eq!(
            nearest(Color::Indexed(196), Depth::Sixteen),
            Color::LightRed
        );
        assert_eq!(nearest(Color::Rgb(0, 10, 200), Depth::Sixteen), Color::Blue);
        for depth in [Depth::Sixteen, Depth::Indexed, Depth::True] {
            assert_eq!(nearest(Color::Magenta, depth), Color::Magenta);
            assert_eq!(nearest(Color::Reset, depth), Color::Reset);
        }
    }
}
