//! The commands to try next, while the host is up.

use super::cast::Cast;
use super::host::Host;
use super::papers::shown;

/// Prints them, ready to paste.
pub(super) fn print(host: &Host, cast: &Cast, ticket: &str) {
    let dispatch = shown(&super::binary());
    let token = |actor: &super::cast::Actor| shown(actor.token_file()).display().to_string();
    let operator = token(&cast.operator);
    println!(
        "\nthe host stays up on {}; to try next, in another terminal:\n",
        host.url()
    );
    println!("  alias dispatch={}", dispatch.display());
    println!(
        "  export DISPATCH_URL={} DISPATCH_TOKEN_FILE={operator}",
        host.url()
    );
    println!("  dispatch ticket list");
    for what in ["case", "summary", "timeline"] {
        println!("  dispatch ticket {what} {ticket}");
    }
    println!("  dispatch tools");
    println!(
        "  dispatch call ticket.set_priority --ticket {ticket} --set priority=emergency --dry-run"
    );
    println!(
        "  dispatch call billing.compile_closeout_packet --ticket {ticket} --token-file {}",
        token(&cast.closeout)
    );
    println!(
        "  curl -N -H \"Authorization: Bearer $(cat {operator})\" {}/v0/events?after=0-0",
        host.url()
    );
    println!("  curl {}/metrics", host.url());
    println!(
        "\n  tokens of every role: {}/*.token",
        shown(host.folder()).display()
    );
    println!(
        "  the host's log:       {}/host.log",
        shown(host.folder()).display()
    );
    println!("\nCtrl-C stops it.");
}
