//! One component, ready to run; one call's instance, fresh and dropped after.

use std::sync::Arc;

use dispatch_contract::{Tool, Violation};
use wasmtime::Store;
use wasmtime::component::{Component, Linker};

use super::Sandbox;
use super::bindings::rules::Guest;
use super::bindings::types::{Actor, Call, Outcome, Proposal, Setting, TicketView};
use super::bindings::{ToolPolicy, ToolPolicyPre};
use super::fault::{Fault, FaultKind};
use super::limits::{HOSTCALL_FUEL_BYTES, RunLimits, Watch};

/// Violations in one answer at most.
const MAX_VIOLATIONS: usize = 50;
/// Gates in one answer at most.
const MAX_GATES: usize = 20;
/// Bytes of one text in an answer at most.
const MAX_TEXT_BYTES: usize = 1024;

/// A tool's component with everything resolved that can be resolved before a call.
#[derive(Clone)]
pub(crate) struct Rules {
    tool: Tool,
    pre: ToolPolicyPre<Watch>,
    limits: RunLimits,
    metered: bool,
    /// Shared with every other pack that has it.
    _component: Arc<Component>,
}

impl Rules {
    /// Link a component with nothing at all: it imports nothing.
    pub(crate) fn link(
        tool: Tool,
        sandbox: &Sandbox,
        component: Arc<Component>,
        limits: RunLimits,
    ) -> wasmtime::Result<Self> {
        let pre = Linker::new(sandbox.engine()).instantiate_pre(&component)?;
        Ok(Self {
            tool,
            pre: ToolPolicyPre::new(pre)?,
            limits,
            metered: sandbox.metered(),
            _component: component,
        })
    }

    /// A fresh instance. Its deadline stands before anything of it runs, since
    /// a start function can loop too.
    pub(crate) fn open(&self) -> Result<Running<'_>, Fault> {
        let mut store = Store::new(self.pre.engine(), Watch::new(&self.limits));
        store.limiter(|watch| watch);
        // looked at with every tick, of which almost no call meets one
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut store| store.data_mut().tick());
        store.set_hostcall_fuel(HOSTCALL_FUEL_BYTES);
        if self.metered {
            store
                .set_fuel(self.limits.fuel)
                .map_err(|error| Fault::of(self.tool, &error, false))?;
        }
        match self.pre.instantiate(&mut store) {
            Ok(instance) => Ok(Running {
                rules: self,
                store,
                instance,
            }),
            Err(error) => Err(Fault::of(self.tool, &error, store.data().denied)),
        }
    }
}

/// The instance of one call. Once it has faulted, nothing enters it again: every
/// way in consumes the answer's error with `?` and drops it.
pub(crate) struct Running<'a> {
    rules: &'a Rules,
    store: Store<Watch>,
    instance: ToolPolicy,
}

impl Running<'_> {
    fn ask<T>(
        &mut self,
        question: impl FnOnce(&Guest, &mut Store<Watch>) -> wasmtime::Result<T>,
    ) -> Result<T, Fault> {
        let Self {
            rules,
            store,
            instance,
        } = self;
        question(instance.dispatch_policy_rules(), store)
            .map_err(|error| Fault::of(rules.tool, &error, store.data().denied))
    }

    fn oversized(&self, what: &str) -> Fault {
        let tool = self.rules.tool;
        Fault::new(FaultKind::Oversized, tool, format!("answered {what}"))
    }

    fn violations(
        &self,
        answered: Vec<super::bindings::types::Violation>,
    ) -> Result<Vec<Violation>, Fault> {
        if answered.len() > MAX_VIOLATIONS {
            return Err(self.oversized("more than 50 violations"));
        }
        let long = |text: &String| text.len() > MAX_TEXT_BYTES;
        if answered
            .iter()
            .any(|v| long(&v.path) || long(&v.rule) || long(&v.message))
        {
            return Err(self.oversized("a text over 1 KiB"));
        }
        let own = |v: super::bindings::types::Violation| Violation {
            path: v.path,
            rule: v.rule,
            message: v.message,
        };
        Ok(answered.into_iter().map(own).collect())
    }

    /// What the component says of its settings.
    pub(crate) fn check_settings(
        &mut self,
        settings: &[Setting<'_>],
    ) -> Result<Vec<Violation>, Fault> {
        let answer = self.ask(|guest, store| guest.call_check_settings(store, settings))?;
        self.violations(answer)
    }

    /// Phase one: is the input in order?
    pub(crate) fn validate(
        &mut self,
        call: &Call<'_>,
        ticket: Option<&TicketView<'_>>,
        settings: &[Setting<'_>],
    ) -> Result<Vec<Violation>, Fault> {
        let answer = self.ask(|guest, store| {
            guest.call_validate(store, call.clone(), ticket.cloned(), settings)
        })?;
        self.violations(answer)
    }

    /// Phase two: may this role?
    pub(crate) fn role(
        &mut self,
        actor: &Actor<'_>,
        call: &Call<'_>,
        ticket: Option<&TicketView<'_>>,
    ) -> Result<Vec<Violation>, Fault> {
        let answer = self.ask(|guest, store| {
            guest.call_role(store, actor.clone(), call.clone(), ticket.cloned())
        })?;
        self.violations(answer)
    }

    /// Phase three: what becomes of the ticket?
    pub(crate) fn transition(
        &mut self,
        actor: &Actor<'_>,
        call: &Call<'_>,
        ticket: Option<&TicketView<'_>>,
        settings: &[Setting<'_>],
    ) -> Result<Proposal, Fault> {
        let proposal = self.ask(|guest, store| {
            guest.call_transition(
                store,
                actor.clone(),
                call.clone(),
                ticket.cloned(),
                settings,
            )
        })?;
        match &proposal {
            Proposal::Illegal(why) if why.len() > MAX_TEXT_BYTES => {
                Err(self.oversized("a text over 1 KiB"))
            }
            Proposal::Blocked(gates)
            | Proposal::Commit(Outcome {
                overridden: gates, ..
            }) if gates.len() > MAX_GATES => Err(self.oversized("more than 20 gates")),
            Proposal::Blocked(gates)
            | Proposal::Commit(Outcome {
                overridden: gates, ..
            }) if gates.iter().any(|gate| gate.len() > MAX_TEXT_BYTES) => {
                Err(self.oversized("a text over 1 KiB"))
            }
            _ => Ok(proposal),
        }
    }

    /// Fuel used so far; none where it is not counted.
    pub(crate) fn fuel_used(&self) -> Option<u64> {
        let left = self.store.get_fuel().ok().filter(|_| self.rules.metered)?;
        Some(self.rules.limits.fuel - left)
    }
}
