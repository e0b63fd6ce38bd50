//! The table as it is shipped.

use super::Action;

/// Where a key counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Context {
    /// Wherever no dialog is open.
    Anywhere,
    /// In the tickets' view.
    Tickets,
    /// In the audit.
    Audit,
    /// In the decisions.
    Decisions,
    /// Choosing a tool.
    Menu,
    /// Filling in a form.
    Form,
    /// Before committing.
    Confirm,
}

impl Context {
    /// Every one, in the help's order.
    pub const ALL: [Self; 7] = [
        Self::Anywhere,
        Self::Tickets,
        Self::Audit,
        Self::Decisions,
        Self::Menu,
        Self::Form,
        Self::Confirm,
    ];

    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Anywhere => "anywhere",
            Self::Tickets => "tickets",
            Self::Audit => "audit",
            Self::Decisions => "decisions",
            Self::Menu => "menu",
            Self::Form => "form",
            Self::Confirm => "confirm",
        }
    }

    /// In words.
    #[must_use]
    pub fn says(self) -> &'static str {
        match self {
            Self::Anywhere => "anywhere",
            Self::Tickets => "tickets",
            Self::Audit => "audit",
            Self::Decisions => "decisions",
            Self::Menu => "choosing a tool",
            Self::Form => "filling in a form",
            Self::Confirm => "before committing",
        }
    }

    /// A dialog: the keys that count anywhere do not count in it.
    #[must_use]
    pub fn is_dialog(self) -> bool {
        matches!(self, Self::Menu | Self::Form | Self::Confirm)
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Where it counts.
    pub context: Context,
    /// Names of keys, as [`super::name`] gives them; `gg` is `g` twice.
    pub keys: &'static [&'static str],
    /// What they ask for.
    pub action: Action,
    /// For the help.
    pub says: &'static str,
}

const fn on(
    context: Context,
    keys: &'static [&'static str],
    action: Action,
    says: &'static str,
) -> Binding {
    Binding {
        context,
        keys,
        action,
        says,
    }
}

use Context::{Anywhere, Audit, Confirm, Decisions, Form, Menu, Tickets};

/// Every key.
pub const TABLE: &[Binding] = &[
    on(Anywhere, &["j", "down"], Action::Down, "next row"),
    on(Anywhere, &["k", "up"], Action::Up, "row before"),
    on(
        Anywhere,
        &["h", "left"],
        Action::Left,
        "to the left: pane, lane",
    ),
    on(
        Anywhere,
        &["l", "right"],
        Action::Right,
        "to the right: pane, lane",
    ),
    on(Anywhere, &["gg", "home"], Action::First, "first row"),
    on(
        Anywhere,
        &["G", "end"],
        Action::Last,
        "last row loaded; loads on",
    ),
    on(
        Anywhere,
        &["ctrl-d", "pagedown"],
        Action::HalfDown,
        "half a screen on",
    ),
    on(
        Anywhere,
        &["ctrl-u", "pageup"],
        Action::HalfUp,
        "half a screen back",
    ),
    on(
        Anywhere,
        &["enter"],
        Action::Open,
        "into what is under the cursor",
    ),
    on(
        Anywhere,
        &["esc", "backspace"],
        Action::Back,
        "back, to where one came from; then clears marks, then the filter",
    ),
    on(Anywhere, &["tab"], Action::OtherPane, "the other pane"),
    on(Anywhere, &["1"], Action::View1, "tickets"),
    on(Anywhere, &["2"], Action::View2, "board"),
    on(Anywhere, &["3"], Action::View3, "audit"),
    on(Anywhere, &["4"], Action::View4, "decisions"),
    on(Anywhere, &["5"], Action::View5, "packs"),
    on(Anywhere, &["6"], Action::View6, "gateways"),
    on(Anywhere, &["7"], Action::View7, "inbox"),
    on(
        Anywhere,
        &["/"],
        Action::Filter,
        "filter; `!word` leaves out, `column:word` looks there",
    ),
    on(Anywhere, &[":"], Action::Command, "command; tab completes"),
    on(Anywhere, &["?"], Action::Help, "this help"),
    on(Anywhere, &["space"], Action::Mark, "mark, or unmark"),
    on(
        Anywhere,
        &["f"],
        Action::Follow,
        "follow what is newest, or stop",
    ),
    on(
        Anywhere,
        &["y"],
        Action::Copy,
        "copy the id, or those marked",
    ),
    on(Anywhere, &["s"], Action::Sort, "sort by the next column"),
    on(
        Anywhere,
        &["S"],
        Action::Reverse,
        "sort the other way round",
    ),
    on(
        Anywhere,
        &["E"],
        Action::Export,
        "export what is shown, as JSON or CSV",
    ),
    on(
        Anywhere,
        &["t"],
        Action::Ticket,
        "to the ticket that the row is about",
    ),
    on(
        Anywhere,
        &["c"],
        Action::Call,
        "call a tool on the ticket that the row is about",
    ),
    on(Anywhere, &["J"], Action::ScrollDown, "open part: next line"),
    on(Anywhere, &["K"], Action::ScrollUp, "open part: line before"),
    on(Anywhere, &["r"], Action::Reload, "read again from the host"),
    on(
        Anywhere,
        &["ctrl-z"],
        Action::Suspend,
        "suspend; the shell's `fg` comes back",
    ),
    on(Anywhere, &["q", "ctrl-c"], Action::Quit, "quit"),
    on(Tickets, &["a"], Action::Create, "open a new ticket"),
    on(Tickets, &["]"], Action::NextState, "only the next state"),
    on(
        Tickets,
        &["["],
        Action::PreviousState,
        "only the state before",
    ),
    on(
        Tickets,
        &["n"],
        Action::NextSection,
        "the ticket's next section",
    ),
    on(
        Tickets,
        &["N"],
        Action::PreviousSection,
        "the section before",
    ),
    on(
        Audit,
        &["v"],
        Action::Verify,
        "read the whole chain of this event and verify it",
    ),
    on(
        Decisions,
        &["o"],
        Action::Only,
        "only refusals, only allowed, all",
    ),
    on(Menu, &["j", "down"], Action::Down, "next tool"),
    on(Menu, &["k", "up"], Action::Up, "tool before"),
    on(Menu, &["enter"], Action::Open, "fill in its form"),
    on(Menu, &["esc", "q"], Action::Back, "leave it"),
    on(Menu, &["ctrl-c"], Action::Quit, "quit"),
    on(Form, &["tab", "down"], Action::NextField, "next field"),
    on(
        Form,
        &["backtab", "up"],
        Action::PreviousField,
        "field before",
    ),
    on(
        Form,
        &["enter"],
        Action::Open,
        "next field; on the last one as ctrl-s",
    ),
    on(
        Form,
        &["ctrl-s"],
        Action::Submit,
        "have the host judge it, without committing",
    ),
    on(
        Form,
        &["ctrl-n"],
        Action::AddItem,
        "one more item of the list",
    ),
    on(
        Form,
        &["ctrl-x"],
        Action::RemoveItem,
        "take this item out of the list",
    ),
    on(Form, &["esc"], Action::Back, "leave it"),
    on(Form, &["ctrl-c"], Action::Quit, "quit"),
    // no key of the form's: one that is held would commit what nobody has seen
    on(Confirm, &["y"], Action::Submit, "commit it"),
    on(
        Confirm,
        &["esc", "n"],
        Action::Back,
        "back to the form, nothing committed",
    ),
    on(Confirm, &["j", "down"], Action::Down, "next line"),
    on(Confirm, &["k", "up"], Action::Up, "line before"),
    on(Confirm, &["ctrl-c"], Action::Quit, "quit"),
];
