//! Who waits for the host, as the kernel knows it: what a frozen process cannot tell.

/// As `/proc/net/tcp` writes it.
const ESTABLISHED: &str = "01";
/// The other side has gone; this one did not notice yet.
const CLOSE_WAIT: &str = "08";

/// Connections to the host with something in them that it has not read, by who waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sockets {
    /// Whoever called waits for the answer.
    pub(crate) waiting: usize,
    /// Whoever called has gone.
    pub(crate) left: usize,
}

/// Of the host on this port of loopback.
pub(super) fn of(port: u16) -> Sockets {
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the kernel's table");
    let local = format!("0100007F:{port:04X}");
    let count = |wished: &str| {
        let rows = table.lines().skip(1);
        let rows = rows.filter(|row| {
            let columns: Vec<&str> = row.split_whitespace().collect();
            let [_, address, _, state, queues, ..] = columns[..] else {
                return false;
            };
            let unread = queues
                .split_once(':')
                .is_some_and(|(_, unread)| unread != "00000000");
            address == local && state == wished && unread
        });
        rows.count()
    };
    Sockets {
        waiting: count(ESTABLISHED),
        left: count(CLOSE_WAIT),
    }
}
