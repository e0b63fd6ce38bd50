//! Every palette at every depth can be read on its ground, and says what matters in
//! colours that are told apart; the safe ones by whoever sees no red or no green too.

use ratatui::style::Color;

use super::nearest::rgb;
use super::{Depth, Palette, Role, Theme};

type Light = [f64; 3];

const DEPTHS: [Depth; 3] = [Depth::Sixteen, Depth::Indexed, Depth::True];

/// What must be read, and what may stand back.
const LOUD: [Role; 4] = [Role::Alarm, Role::Warn, Role::Good, Role::Strong];
const QUIET: [Role; 6] = [
    Role::Marked,
    Role::Faint,
    Role::Lane(0),
    Role::Lane(2),
    Role::Lane(4),
    Role::Lane(6),
];

/// As eyes without red cones, or without green ones, take in light (Machado and others, 2009).
const NO_RED: [Light; 3] = [
    [0.152_286, 1.052_583, -0.204_868],
    [0.114_503, 0.786_281, 0.099_216],
    [-0.003_882, -0.048_116, 1.051_998],
];
const NO_GREEN: [Light; 3] = [
    [0.367_322, 0.860_646, -0.227_968],
    [0.280_085, 0.672_501, 0.047_413],
    [-0.011_820, 0.042_940, 0.968_881],
];
const ALL: [Light; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// A colour's light; `ink` where it is the terminal's own.
fn light(color: Color, ink: Light) -> Light {
    let Some(rgb) = rgb(color) else { return ink };
    rgb.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    })
}

fn luminance(light: Light) -> f64 {
    0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]
}

/// As WCAG has it: 1 to 21.
fn contrast(a: Light, b: Light) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// How far apart two are to these eyes (CIE 1976).
fn apart(a: Light, b: Light, eyes: [Light; 3]) -> f64 {
    let lab = |light: Light| -> Light {
        let dot = |row: Light, with: Light| row[0] * with[0] + row[1] * with[1] + row[2] * with[2];
        let seen = eyes.map(|row| dot(row, light).clamp(0.0, 1.0));
        let x = dot([0.4339, 0.3762, 0.1899], seen).cbrt();
        let y = luminance(seen).cbrt();
        let z = dot([0.0177, 0.1095, 0.8730], seen).cbrt();
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    };
    let (a, b) = (lab(a), lab(b));
    let squares = [0, 1, 2].map(|n| (a[n] - b[n]).powi(2));
    squares.iter().sum::<f64>().sqrt()
}

/// The ground that a palette is for, and the ink on it.
fn ground(palette: Palette) -> (Light, Light) {
    let (black, white) = ([0.0; 3], [1.0; 3]);
    match palette {
        Palette::Dark | Palette::Safe => (black, white),
        Palette::Light | Palette::SafeLight => (white, black),
    }
}

#[test]
fn everything_can_be_read_on_its_ground_and_on_the_row_under_the_cursor() {
    for palette in Palette::ALL {
        let (paper, ink) = ground(palette);
        for depth in DEPTHS {
            let theme = Theme::new(depth, palette);
            // of sixteen colours nobody knows how they are shown
            let loud = if depth == Depth::Sixteen { 3.0 } else { 4.5 };
            let row = theme.style(Role::Cursor).bg;
            let row = row.map_or(paper, |color| light(color, paper));
            for (roles, least) in [(&LOUD[..], loud), (&QUIET[..], 3.0)] {
                for role in roles {
                    let color = theme.style(*role).fg.unwrap_or(Color::Reset);
                    let shown = light(color, ink);
                    let found = contrast(shown, paper);
                    assert!(found >= least, "{palette:?} {depth:?} {role:?}: {found:.1}");
                    let found = contrast(shown, row);
                    assert!(
                        found >= 3.0,
                        "{palette:?} {depth:?} {role:?}: {found:.1} in a row"
                    );
                }
            }
        }
    }
}

#[test]
fn what_matters_is_told_apart_and_in_the_safe_palettes_by_everybody() {
    for palette in Palette::ALL {
        let ink = ground(palette).1;
        let safe = matches!(palette, Palette::Safe | Palette::SafeLight);
        let everybody = [ALL, NO_RED, NO_GREEN];
        let eyes = if safe {
            &everybody[..]
        } else {
            &everybody[..1]
        };
        for depth in DEPTHS {
            let theme = Theme::new(depth, palette);
            for (a, b) in [
                (Role::Alarm, Role::Warn),
                (Role::Alarm, Role::Good),
                (Role::Warn, Role::Good),
            ] {
                let of = |role| light(theme.style(role).fg.unwrap_or(Color::Reset), ink);
                for eyes in eyes {
                    let found = apart(of(a), of(b), *eyes);
                    assert!(
                        found >= 24.0,
                        "{palette:?} {depth:?} {a:?} {b:?}: {found:.0}"
                    );
                }
            }
        }
    }
}
