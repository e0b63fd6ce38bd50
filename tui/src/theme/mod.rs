//! What colours mean. Views ask for a role; the theme answers with a style for the
//! colours the terminal has. Without colour, weight and reversal say the same.

#[cfg(test)]
mod contrast;
mod detect;
mod nearest;
mod palette;

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};

pub use detect::detect;
use palette::Shade;

/// What a colour says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Needs somebody now: a breach, an emergency, a lost connection, a refusal.
    Alarm,
    /// Soon.
    Warn,
    /// In order.
    Good,
    /// A heading, the pane that has the keys.
    Strong,
    /// What explains the rest.
    Faint,
    /// The row under the cursor.
    Cursor,
    /// May be out of date.
    Stale,
    /// Marked by hand.
    Marked,
    /// The bars above and below.
    Bar,
    /// A column of the board, counted from 0.
    Lane(u8),
}

impl Role {
    /// Those that a file may colour, by name.
    pub const NAMED: [(&'static str, Self); 6] = [
        ("alarm", Self::Alarm),
        ("warn", Self::Warn),
        ("good", Self::Good),
        ("strong", Self::Strong),
        ("marked", Self::Marked),
        ("faint", Self::Faint),
    ];
}

/// How many colours a terminal has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Depth {
    /// None, or none wanted.
    None,
    /// The terminal's own sixteen.
    #[default]
    Sixteen,
    /// The 256 of the palette.
    Indexed,
    /// Any.
    True,
}

/// Which colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Palette {
    /// For a dark background.
    #[default]
    Dark,
    /// For a light one.
    Light,
    /// Told apart by everybody: blue and orange for good and bad, never red and green. For a
    /// dark background.
    Safe,
    /// The same for a light one.
    SafeLight,
}

impl Palette {
    /// Every palette.
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::Safe, Self::SafeLight];

    /// Its name, in the configuration and as typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Safe => "safe",
            Self::SafeLight => "safe-light",
        }
    }

    /// The palette of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|palette| palette.name() == name)
    }
}

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Theme {
    /// How many colours there are.
    pub depth: Depth,
    /// Which ones.
    pub palette: Palette,
    /// Colours of the user's own, before the palette's; where the terminal has fewer, the
    /// nearest that it has.
    pub own: BTreeMap<Role, Color>,
}

impl Theme {
    /// The palette in so many colours.
    #[must_use]
    pub fn new(depth: Depth, palette: Palette) -> Self {
        Self {
            depth,
            palette,
            own: BTreeMap::new(),
        }
    }

    /// What this role looks like.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        let style = match role {
            Role::Alarm | Role::Strong => Style::new().add_modifier(Modifier::BOLD),
            Role::Warn | Role::Good | Role::Lane(_) => Style::new(),
            Role::Faint => Style::new().add_modifier(Modifier::DIM),
            Role::Stale => Style::new().add_modifier(Modifier::DIM | Modifier::ITALIC),
            Role::Marked => Style::new().add_modifier(Modifier::UNDERLINED),
            Role::Cursor | Role::Bar => return self.ground(role),
        };
        match self.color(role) {
            // a colour of its own is faint enough
            Some(color) if role == Role::Faint => Style::new().fg(color),
            Some(color) => style.fg(color),
            None => style,
        }
    }

    /// Roles that colour what is behind the letters.
    fn ground(&self, role: Role) -> Style {
        let reversed = Style::new().add_modifier(Modifier::REVERSED);
        let shade = match (self.depth, role) {
            (Depth::None | Depth::Sixteen, Role::Bar) => return Style::new(),
            (Depth::None | Depth::Sixteen, _) => return reversed,
            (_, Role::Bar) => palette::bar(self.palette),
            _ => palette::cursor(self.palette),
        };
        Style::new().bg(self.pick(shade))
    }

    fn color(&self, role: Role) -> Option<Color> {
        if self.depth == Depth::None {
            return None;
        }
        if let Some(own) = self.own.get(&role) {
            return Some(nearest::nearest(*own, self.depth));
        }
        palette::of(self.palette, role).map(|shade| self.pick(shade))
    }

    fn pick(&self, shade: Shade) -> Color {
        match self.depth {
            Depth::True => {
                let [_, r, g, b] = shade.rgb.to_be_bytes();
                Color::Rgb(r, g, b)
            }
            Depth::Indexed => Color::Indexed(shade.indexed),
            Depth::Sixteen | Depth::None => shade.sixteen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 10] = [
        Role::Alarm,
        Role::Warn,
        Role::Good,
        Role::Strong,
        Role::Faint,
        Role::Cursor,
        Role::Stale,
        Role::Marked,
        Role::Bar,
        Role::Lane(3),
    ];

    #[test]
    fn without_colour_there_is_none_and_what_matters_is_still_told_apart() {
        let plain = Theme::new(Depth::None, Palette::Dark);
        for role in ROLES {
            let style = plain.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
        assert_ne!(plain.style(Role::Alarm), Style::new());
        assert_ne!(plain.style(Role::Cursor), plain.style(Role::Marked));
    }

    #[test]
    fn a_terminal_gets_no_colour_that_it_does_not_have() {
        for palette in Palette::ALL {
            for role in ROLES {
                for color in [Depth::Sixteen, Depth::Indexed]
                    .map(|depth| Theme::new(depth, palette).style(role))
                    .iter()
                    .flat_map(|style| [style.fg, style.bg])
                    .flatten()
                {
                    assert!(!matches!(color, Color::Rgb(..)), "{role:?}");
                }
                let sixteen = Theme::new(Depth::Sixteen, palette).style(role);
                assert!(!matches!(sixteen.fg, Some(Color::Indexed(_))), "{role:?}");
            }
        }
    }

    #[test]
    fn the_safe_palette_never_sets_red_against_green() {
        let theme = Theme::new(Depth::True, Palette::Safe);
        let Some(Color::Rgb(r, g, b)) = theme.style(Role::Good).fg else {
            panic!("a colour");
        };
        assert!(b > g && b > r, "good is blue");
    }

    #[test]
    fn a_colour_of_ones_own_goes_first() {
        let mut theme = Theme::new(Depth::Sixteen, Palette::Dark);
        theme.own.insert(Role::Alarm, Color::Magenta);
        assert_eq!(theme.style(Role::Alarm).fg, Some(Color::Magenta));
        theme.own.insert(Role::Alarm, Color::Rgb(0xff, 0x87, 0));
        theme.depth = Depth::Indexed;
        assert_eq!(theme.style(Role::Alarm).fg, Some(Color::Indexed(208)));
        theme.depth = Depth::None;
        assert_eq!(theme.style(Role::Alarm).fg, None);
    }
}
