//! What may happen in a play: who does what to the ticket, drawn at random. Steps know
//! nothing of one another, so that any of them may be left out when a failure is shrunk.

use proptest::prelude::*;
use proptest::sample::Index;

/// Who acts. Technicians and customers are on the ticket or strangers to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Who {
    Intake,
    Scheduling,
    Liaison,
    Closeout,
    Operator,
    Technician,
    OtherTechnician,
    Customer,
    Stranger,
}

/// Facts of the intake that a call tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) classification: bool,
    pub(crate) phone: bool,
    pub(crate) email: bool,
    pub(crate) access: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Intent {
    CheckIn,
    Cancel,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sent {
    First,
    Second,
    Inactive,
    Unknown,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Photo {
    Before,
    After,
    Missing,
    WrongSize,
}

#[derive(Clone, Debug)]
pub(crate) enum Act {
    Message {
        intent: Option<Intent>,
        intake: Option<Told>,
        blank: bool,
    },
    Priority {
        emergency: bool,
    },
    /// Windows by number; the same twice is out of order.
    Propose(Vec<u8>),
    Confirm(u8),
    Assign(Sent),
    Eta {
        blank: bool,
        past: bool,
    },
    Note {
        blank: bool,
    },
    Photo(Photo),
    Item(usize),
    Draft {
        cents: i64,
    },
    Packet,
}

/// Which version the call expects the ticket at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expects {
    Any,
    Current,
    Stale,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Somebody does something.
    Call {
        who: Who,
        act: Act,
        overriding: bool,
        expects: Expects,
    },
    /// Whoever may does what leads on.
    Onward,
    /// An operator does one of the things that are legal here.
    Legal(Index),
    /// A call that was committed, sent once more.
    Again(Index),
    /// Its key, used by its actor for other content.
    Reused(Index),
}

/// A ticket's opening, and what happens to it.
#[derive(Clone, Debug)]
pub(crate) struct Play {
    pub(crate) by_operator: bool,
    pub(crate) told: Told,
    pub(crate) priority: Option<bool>,
    pub(crate) message: bool,
    pub(crate) overriding: bool,
    pub(crate) steps: Vec<Step>,
}

fn told() -> impl Strategy<Value = Told> {
    any::<[bool; 4]>().prop_map(|[classification, phone, email, access]| Told {
        classification,
        phone,
        email,
        access,
    })
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        1 => Just(Who::Intake),
        1 => Just(Who::Scheduling),
        1 => Just(Who::Liaison),
        1 => Just(Who::Closeout),
        3 => Just(Who::Operator),
        1 => Just(Who::Technician),
        1 => Just(Who::OtherTechnician),
        1 => Just(Who::Customer),
        1 => Just(Who::Stranger),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let rarely = || prop::bool::weighted(0.15);
    let intent = prop::option::of(prop_oneof![
        5 => Just(Intent::CheckIn),
        1 => Just(Intent::Cancel)
    ]);
    let sent = prop_oneof![
        3 => Just(Sent::First),
        2 => Just(Sent::Second),
        1 => Just(Sent::Inactive),
        1 => Just(Sent::Unknown)
    ];
    let photo = prop_oneof![
        1 => Just(Photo::Before),
        2 => Just(Photo::After),
        1 => Just(Photo::Missing),
        1 => Just(Photo::WrongSize)
    ];
    prop_oneof![
        2 => (intent, prop::option::weighted(0.4, told()), rarely()).prop_map(
            |(intent, intake, blank)| Act::Message { intent, intake, blank }
        ),
        1 => any::<bool>().prop_map(|emergency| Act::Priority { emergency }),
        2 => prop::collection::vec(0_u8..3, 1..3).prop_map(Act::Propose),
        1 => (0_u8..4).prop_map(Act::Confirm),
        1 => sent.prop_map(Act::Assign),
        2 => (rarely(), rarely()).prop_map(|(blank, past)| Act::Eta { blank, past }),
        1 => rarely().prop_map(|blank| Act::Note { blank }),
        1 => photo.prop_map(Act::Photo),
        2 => (0_usize..5).prop_map(Act::Item),
        1 => prop_oneof![Just(-100_i64), Just(0), Just(12_345)].prop_map(|cents| Act::Draft { cents }),
        1 => Just(Act::Packet),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let expects = prop_oneof![
        6 => Just(Expects::Any),
        2 => Just(Expects::Current),
        1 => Just(Expects::Stale)
    ];
    prop_oneof![
        10 => (who(), act(), prop::bool::weighted(0.2), expects).prop_map(
            |(who, act, overriding, expects)| Step::Call { who, act, overriding, expects }
        ),
        15 => any::<Index>().prop_map(Step::Legal),
        5 => Just(Step::Onward),
        1 => any::<Index>().prop_map(Step::Again),
        1 => any::<Index>().prop_map(Step::Reused),
    ]
}

/// Plays that are always given: to the end, off the path, and into a gate.
pub(crate) fn repertoire() -> Vec<Play> {
    let play = |steps: Vec<Step>| Play {
        by_operator: false,
        told: Told {
            classification: false,
            phone: false,
            email: false,
            access: false,
        },
        priority: None,
        message: true,
        overriding: false,
        steps,
    };
    let operator = |act| Step::Call {
        who: Who::Operator,
        act,
        overriding: false,
        expects: Expects::Any,
    };
    let cancel = Act::Message {
        intent: Some(Intent::Cancel),
        intake: None,
        blank: false,
    };
    let eta = Act::Eta {
        blank: false,
        past: false,
    };
    let mut blocked = vec![Step::Onward; 7];
    blocked.push(operator(Act::Item(0)));
    // an ETA does not outlive its window, a technician does
    let mut rescheduled = vec![Step::Onward; 4];
    rescheduled.extend(
        [
            eta,
            Act::Propose(vec![2]),
            Act::Confirm(2),
            Act::Assign(Sent::Second),
        ]
        .map(operator),
    );
    rescheduled.extend(vec![Step::Onward; 30]);
    vec![
        play(rescheduled),
        play(vec![Step::Onward; 30]),
        play(vec![operator(cancel)]),
        play(blocked),
    ]
}

/// Plays of up to forty steps.
pub(crate) fn plays() -> impl Strategy<Value = Play> {
    (
        any::<bool>(),
        told(),
        prop::option::of(any::<bool>()),
        any::<bool>(),
        prop::bool::weighted(0.2),
        prop::collection::vec(step(), 0..40),
    )
        .prop_map(
            |(by_operator, told, priority, message, overriding, steps)| Play {
                by_operator,
                told,
                priority,
                message,
                overriding,
                steps,
            },
        )
}
