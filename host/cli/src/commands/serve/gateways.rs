//! The switchboard of a host: what it is made of, and what goes with it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use dispatch_desk::Desk;
use dispatch_ledger::Ledger;
use dispatch_switchboard::{House, Parts, Switchboard, Templates};

use super::Args;
use crate::failure::{Failure, chain};

/// A switchboard that writes its facts with the desk's pen.
/// `address` is what this host listens on.
pub(super) fn switchboard(
    args: &Args,
    address: SocketAddr,
    desk: &Desk,
    ledger: Ledger,
) -> Result<Switchboard, Failure> {
    let (clock, pen) = (desk.clone(), desk.clone());
    Ok(Switchboard::new(Parts {
        ledger,
        house: House::new(
            move || clock.now(),
            move |kind, actor| pen.begin_fact(kind, actor),
        ),
        templates: templates(args)?,
        base_url: base_url(args, address),
    }))
}

fn templates(args: &Args) -> Result<Templates, Failure> {
    match &args.agent_templates {
        None => Ok(Templates::shipped()),
        Some(folder) => Templates::with_folder(folder)
            .map_err(|error| Failure::usage(format!("--agent-templates: {}", chain(&error)))),
    }
}

/// Where agents reach this host, as they are told in TOOLS.md.
fn base_url(args: &Args, address: SocketAddr) -> String {
    let said = args
        .public_url
        .as_deref()
        .map(|url| url.trim_end_matches('/'));
    said.map_or_else(|| format!("http://{}", reached(address)), str::to_owned)
}

/// Nobody reaches "every address": on this machine, loopback is one of them.
fn reached(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    address
}
