//! What is seen of one gateway: the latest of everything, in bounded rooms.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dispatch_contract::Timestamp;
use dispatch_contract::gateway::{Gateway, GatewayStatus};
use dispatch_contract::gateway_health::{
    AgentSeen, ChannelHealth, GatewayHealth, Latency, LatencySample, TroubleSeen,
};
use dispatch_gateway::methods::channels::Channels;
use dispatch_gateway::methods::system::Healthy;
use dispatch_gateway::{GatewayError, LinkState, Phase, Trouble};

use super::condition::Condition;
use super::ring::Ring;
use super::{BEATS, CALM, MANY, MOST, RECENTLY, RESTART_WITHIN, TROUBLES};

/// What is seen of one gateway.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    condition: Condition,
    since: Timestamp,
    /// When the condition began, for how long it lasts.
    began: Instant,
    /// Since when it is not well; online for a moment does not end it.
    unwell_since: Option<(Timestamp, Instant)>,
    /// When changes of it were written down, the latest.
    written: Ring<Instant>,
    link: Option<LinkState>,
    latency: Ring<LatencySample>,
    channels: Vec<ChannelHealth>,
    agents: Vec<AgentSeen>,
    sessions: u64,
    looked_at: Option<Timestamp>,
    /// What it says of itself that is not well, and what to do.
    unwell: Option<(String, String)>,
    troubles: Ring<TroubleSeen>,
    /// It said that it starts again.
    restarting: Option<Instant>,
}

impl Picture {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            condition: Condition::well(GatewayStatus::Starting),
            since: now,
            began: Instant::now(),
            unwell_since: Some((now, Instant::now())),
            written: Ring::new(MANY),
            link: None,
            latency: Ring::new(BEATS),
            channels: Vec::new(),
            agents: Vec::new(),
            sessions: 0,
            looked_at: None,
            unwell: None,
            troubles: Ring::new(TROUBLES),
            restarting: None,
        }
    }

    pub(super) fn condition(&self) -> &Condition {
        &self.condition
    }

    pub(super) fn since(&self) -> Timestamp {
        self.since
    }

    pub(super) fn lasted(&self) -> Duration {
        self.began.elapsed()
    }

    /// Since when it is not well, and for how long.
    pub(super) fn unwell(&self) -> Option<(Timestamp, Duration)> {
        self.unwell_since
            .map(|(since, began)| (since, began.elapsed()))
    }

    /// Online for so long, it is well again.
    pub(super) fn settle(&mut self, steady: Duration) {
        if self.condition.status == GatewayStatus::Online && self.lasted() >= steady {
            self.unwell_since = None;
        }
    }

    /// A change of it was written down.
    pub(super) fn wrote(&mut self) {
        self.written.push(Instant::now());
    }

    /// Were so many changes of it written down lately that one more says nothing?
    pub(super) fn unstable(&self, steady: Duration) -> bool {
        let recent = |at: &&Instant| at.elapsed() < RECENTLY;
        self.written.iter().filter(recent).count() >= MANY && self.lasted() < steady * CALM
    }

    pub(super) fn latency(&self) -> Option<u64> {
        self.latency.iter().next_back().map(|sample| sample.us)
    }

    pub(super) fn connections(&self) -> u64 {
        self.link.as_ref().map_or(0, |link| link.connections)
    }

    pub(super) fn sessions(&self) -> u64 {
        self.sessions
    }

    /// Its entry makes no connection possible.
    pub(super) fn misconfigured(&mut self, reason: String, now: Timestamp) {
        self.stand(Condition::misconfigured(reason), now);
    }

    /// The connection stands otherwise than before.
    pub(super) fn link(&mut self, link: &LinkState, now: Timestamp) {
        if link.is_online() {
            self.restarting = None;
        } else {
            // what it said of itself was of the connection before
            self.unwell = None;
        }
        // an attempt ended, or the connection did; while the next is made, the error stays
        let news = link.phase == Phase::Waiting
            && self
                .link
                .as_ref()
                .is_none_or(|before| before.since != link.since);
        if let (true, Some(error)) = (news, &link.error) {
            if matches!(error, GatewayError::Closed { code: 1012, .. }) {
                self.restarting = Some(Instant::now());
            }
            self.trouble(&Trouble::of(error), error.to_string(), now);
        }
        self.link = Some(link.clone());
        self.judge(now);
    }

    /// A ping was answered.
    pub(super) fn beat(&mut self, us: Option<u64>, now: Timestamp) {
        if let Some(us) = us {
            self.latency.push(LatencySample { at: now, us });
        }
        // what a restart explains, it explains for a while only
        self.judge(now);
    }

    /// It said how it is.
    pub(super) fn looked(&mut self, health: &Healthy, channels: &Channels, now: Timestamp) {
        self.agents = health
            .agents
            .iter()
            .take(MOST)
            .map(|agent| AgentSeen {
                agent_id: agent.agent_id.clone(),
                name: agent.name.clone(),
                sessions: agent.sessions.count,
            })
            .collect();
        self.sessions = health.agents.iter().map(|agent| agent.sessions.count).sum();
        self.channels = accounts(channels);
        self.looked_at = Some(now);
        self.unwell = self.channels.iter().find_map(unwell);
        self.judge(now);
    }

    /// It did not say how it is, though connected.
    pub(super) fn overlooked(&mut self, error: &GatewayError, now: Timestamp) {
        let trouble = Trouble::of(error);
        self.trouble(&trouble, error.to_string(), now);
        self.unwell = Some((
            format!("It does not say how it is: {error}"),
            trouble.next_step(),
        ));
        self.judge(now);
    }

    fn judge(&mut self, now: Timestamp) {
        let Some(link) = &self.link else { return };
        let restarting = self
            .restarting
            .is_some_and(|said| said.elapsed() < RESTART_WITHIN);
        let condition = Condition::of(link, restarting, self.unwell.as_ref());
        self.stand(condition, now);
    }

    fn stand(&mut self, condition: Condition, now: Timestamp) {
        if condition.status != self.condition.status {
            self.since = now;
            self.began = Instant::now();
        }
        if condition.status != GatewayStatus::Online && self.unwell_since.is_none() {
            self.unwell_since = Some((now, Instant::now()));
        }
        self.condition = condition;
    }

    fn trouble(&mut self, trouble: &Trouble, message: String, at: Timestamp) {
        let name = trouble.as_str();
        match self.troubles.last_mut() {
            Some(last) if last.trouble == name && last.message == message => {
                last.at = at;
                last.times += 1;
            }
            _ => self.troubles.push(TroubleSeen {
                at,
                trouble: name.to_owned(),
                message,
                times: 1,
            }),
        }
    }

    /// As an operator is shown it.
    pub(super) fn health(&self, gateway: &Gateway, recorded_here: bool) -> GatewayHealth {
        let link = self.link.as_ref();
        let hello = link.and_then(|link| link.hello.as_ref());
        let Condition {
            status,
            trouble,
            reason,
            next_step,
        } = self.condition.clone();
        GatewayHealth {
            gateway_id: gateway.gateway_id,
            name: gateway.name.clone(),
            status,
            since: self.since,
            trouble,
            reason,
            next_step,
            version: hello
                .map(|hello| hello.version.clone())
                .filter(|version| !version.is_empty()),
            protocol: hello.map(|hello| hello.protocol),
            scopes: hello.map(|hello| hello.scopes.clone()).unwrap_or_default(),
            latency: self.latencies(),
            connections: self.connections(),
            failures: link.map_or(0, |link| link.failures),
            next_attempt: link.and_then(|link| link.next_attempt).and_then(timestamp),
            channels: self.channels.clone(),
            agents: self.agents.clone(),
            sessions: self.sessions,
            looked_at: self.looked_at,
            errors: self.troubles.iter().rev().cloned().collect(),
            recorded_here,
        }
    }

    fn latencies(&self) -> Latency {
        let history: Vec<LatencySample> = self.latency.iter().copied().collect();
        let mut sorted: Vec<u64> = history.iter().map(|sample| sample.us).collect();
        sorted.sort_unstable();
        Latency {
            last_us: history.last().map(|sample| sample.us),
            median_us: sorted.get(sorted.len() / 2).copied(),
            max_us: sorted.last().copied(),
            history,
        }
    }
}

/// A gateway that this host does not watch, or not yet.
pub(super) fn unseen(gateway: &Gateway, now: Timestamp) -> GatewayHealth {
    Picture::new(now).health(gateway, false)
}

fn timestamp(at: SystemTime) -> Option<Timestamp> {
    let since = at.duration_since(UNIX_EPOCH).ok()?;
    Timestamp::from_micros(i64::try_from(since.as_micros()).ok()?)
}

fn accounts(channels: &Channels) -> Vec<ChannelHealth> {
    let accounts = channels.channel_accounts.iter().flat_map(|(channel, of)| {
        of.iter().map(move |account| ChannelHealth {
            channel: channel.clone(),
            account_id: account.account_id.clone(),
            enabled: account.enabled,
            configured: account.configured,
            running: account.running,
            connected: account.connected,
            reconnect_attempts: account.reconnect_attempts,
            last_error: account.last_error.clone(),
        })
    });
    accounts.take(MOST).collect()
}

/// What is wrong with an account that is meant to work.
fn unwell(account: &ChannelHealth) -> Option<(String, String)> {
    if account.enabled == Some(false) || account.configured != Some(true) {
        return None;
    }
    let said = account
        .last_error
        .as_deref()
        .filter(|said| !said.is_empty());
    let what = match (said, account.connected, account.running) {
        (Some(said), ..) => said,
        (None, Some(false), _) => "it is not connected",
        (None, _, Some(false)) => "it does not run",
        _ => return None,
    };
    let (channel, id) = (&account.channel, &account.account_id);
    Some((
        format!("Account {id} of channel {channel}: {what}"),
        format!(
            "Look at that channel on the gateway: `openclaw channels status`, and {channel}'s own settings."
        ),
    ))
}

#[cfg(test)]
impl Picture {
    /// It stands so now.
    pub(super) fn put(&mut self, status: GatewayStatus, now: Timestamp) {
        self.stand(Condition::well(status), now);
    }

    /// So much passes, and nothing happens.
    pub(super) fn pass(&mut self, time: Duration) {
        let earlier = |at: Instant| at.checked_sub(time).expect("the machine is up for longer");
        self.began = earlier(self.began);
        self.unwell_since = self.unwell_since.map(|(at, began)| (at, earlier(began)));
        let written: Vec<_> = self.written.iter().map(|at| earlier(*at)).collect();
        self.written = Ring::new(MANY);
        written.into_iter().for_each(|at| self.written.push(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_micros(1_790_000_000_000_000).expect("in the calendar")
    }

    fn link(error: GatewayError, at_s: u64) -> LinkState {
        LinkState {
            phase: Phase::Waiting,
            since: SystemTime::UNIX_EPOCH + Duration::from_secs(at_s),
            hello: None,
            version: None,
            error: Some(error),
            failures: 1,
            connections: 0,
            next_attempt: None,
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_repeats_are_counted() {
        let mut picture = Picture::new(now());
        for beat in 0..1_000 {
            picture.beat(Some(beat), now());
        }
        let latency = picture.latencies();
        assert_eq!(latency.history.len(), BEATS);
        assert_eq!((latency.last_us, latency.max_us), (Some(999), Some(999)));
        assert_eq!(latency.median_us, Some(950));
        let closed = |reason: String| GatewayError::Closed { code: 1006, reason };
        for at in 0..5 {
            picture.link(&link(closed("same".into()), at), now());
        }
        assert_eq!(picture.troubles.iter().count(), 1);
        assert_eq!(picture.troubles.iter().next().map(|t| t.times), Some(5));
        for at in 0..100 {
            picture.link(&link(closed(format!("{at}")), 10 + at), now());
        }
        assert_eq!(picture.troubles.iter().count(), TROUBLES);
    }

    #[test]
    fn a_restart_that_was_announced_explains_the_absence() {
        let mut picture = Picture::new(now());
        let closed = |code| GatewayError::Closed {
            code,
            reason: String::new(),
        };
        picture.link(&link(closed(1012), 1), now());
        picture.link(&link(closed(1006), 2), now());
        assert_eq!(picture.condition().status, GatewayStatus::Starting);
    }

    #[test]
    fn an_account_that_is_meant_to_work_and_does_not_is_named() {
        let account = |configured, connected, error: Option<&str>| ChannelHealth {
            channel: "whatsapp".into(),
            account_id: "desk".into(),
            enabled: Some(true),
            configured: Some(configured),
            running: Some(true),
            connected,
            reconnect_attempts: None,
            last_error: error.map(str::to_owned),
        };
        assert_eq!(unwell(&account(true, Some(true), None)), None);
        assert_eq!(unwell(&account(false, Some(false), Some("x"))), None);
        let (why, _) = unwell(&account(true, Some(false), None)).expect("unwell");
        assert!(why.contains("desk") && why.contains("whatsapp"), "{why}");
        let (why, _) = unwell(&account(true, Some(true), Some("logged out"))).expect("unwell");
        assert!(why.contains("logged out"), "{why}");
    }
}
