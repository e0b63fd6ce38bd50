//! What keys can ask for.

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident => $name:literal),* $(,)?) => {
        /// What a key asks for.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Action {
            $($(#[$doc])* $variant),*
        }

        impl Action {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in the configuration.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),*
                }
            }
        }
    };
}

actions! {
    /// One row on.
    Down => "down",
    /// One row back.
    Up => "up",
    /// To the left.
    Left => "left",
    /// To the right.
    Right => "right",
    /// To the first row.
    First => "first",
    /// To the last row that is loaded.
    Last => "last",
    /// Half a screen on.
    HalfDown => "half-down",
    /// Half a screen back.
    HalfUp => "half-up",
    /// Into what is under the cursor.
    Open => "open",
    /// Out again.
    Back => "back",
    /// To the other pane.
    OtherPane => "other-pane",
    /// The first view.
    View1 => "view-1",
    /// The second view.
    View2 => "view-2",
    /// The third view.
    View3 => "view-3",
    /// The fourth view.
    View4 => "view-4",
    /// The fifth view.
    View5 => "view-5",
    /// The sixth view.
    View6 => "view-6",
    /// The seventh view.
    View7 => "view-7",
    /// Type what to filter by.
    Filter => "filter",
    /// Type a command.
    Command => "command",
    /// Show or hide the help.
    Help => "help",
    /// Mark the row, or unmark it.
    Mark => "mark",
    /// Keep to what is newest.
    Follow => "follow",
    /// Copy the id under the cursor, or those marked.
    Copy => "copy",
    /// Sort by the next column.
    Sort => "sort",
    /// Sort the other way round.
    Reverse => "reverse",
    /// Write the view to a file.
    Export => "export",
    /// Read again from the host.
    Reload => "reload",
    /// To the ticket that the row is about.
    Ticket => "ticket",
    /// The open part's next line.
    ScrollDown => "scroll-down",
    /// The open part's line before.
    ScrollUp => "scroll-up",
    /// Stop, as a shell's job.
    Suspend => "suspend",
    /// Leave.
    Quit => "quit",
    /// The next state to show.
    NextState => "next-state",
    /// The state before.
    PreviousState => "previous-state",
    /// The ticket's next section.
    NextSection => "next-section",
    /// The section before.
    PreviousSection => "previous-section",
    /// Choose a tool to call on the ticket.
    Call => "call",
    /// Open a new ticket.
    Create => "create",
    /// Read the whole chain of the event's ticket and verify it.
    Verify => "verify",
    /// Show one kind only, then the next.
    Only => "only",
    /// To the next field.
    NextField => "next-field",
    /// To the field before.
    PreviousField => "previous-field",
    /// One more item of a list.
    AddItem => "add-item",
    /// One item less.
    RemoveItem => "remove-item",
    /// Have the host judge it.
    Submit => "submit",
}
