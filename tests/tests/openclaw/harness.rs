//! What the other tests stand on: a gateway that comes and goes, and that reaches nobody.

use std::process::Command;
use std::time::Duration;

use dispatch_testing::openclaw::{Installation, ModelServer, RealGateway, Reply};

/// The health route's status, if it answers.
async fn health(gateway: &RealGateway) -> Option<u16> {
    let http = reqwest::Client::builder()
        .timeout(Duration::from_secs(3))
        .build()
        .expect("a client");
    let answer = http.get(format!("{}/healthz", gateway.http())).send().await;
    Some(answer.ok()?.status().as_u16())
}

#[tokio::test]
async fn a_gateway_starts_is_frozen_killed_and_starts_again() {
    let Some(installation) = Installation::found() else {
        return;
    };
    let model = ModelServer::start(|_| Reply::say("hello"));
    let model = model.await.expect("a model");
    let config = model.configuration(&["desk"]);
    let mut gateway = RealGateway::start(&installation, config)
        .await
        .expect("a gateway");
    assert_eq!(health(&gateway).await, Some(200));

    gateway.freeze().expect("frozen");
    assert_eq!(health(&gateway).await, None, "a frozen gateway is silent");
    gateway.thaw().expect("thawed");
    gateway.ready().await.expect("as before");

    gateway.kill_9();
    assert_eq!(health(&gateway).await, None, "a killed gateway is gone");
    gateway.launch().await.expect("again, on what it left");
    assert_eq!(health(&gateway).await, Some(200));
}

#[test]
fn what_would_leave_this_machine_is_refused() {
    let Some(installation) = Installation::found() else {
        return;
    };
    let preload = concat!(env!("CARGO_MANIFEST_DIR"), "/openclaw/loopback-only.cjs");
    let script = "
        const net = require('node:net');
        const told = (s) => new Promise((done) => s.on('error', (e) => done(e.code)).on('connect', () => done('connected')));
        (async () => {
          const server = net.createServer().listen(0, '127.0.0.1');
          await new Promise((done) => server.on('listening', done));
          const fetched = await fetch('http://192.0.2.1/').catch((e) => e.cause.code);
          console.log(fetched, await told(net.connect(443, 'example.invalid')),
            await told(net.connect({ host: '2001:db8::1', port: 80 })),
            await told(net.connect(server.address().port, '127.0.0.1')));
          process.exit(0);
        })()";
    let output = Command::new(installation.node())
        .args(["--require", preload, "-e", script])
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        said.trim(),
        "ECONNREFUSED ECONNREFUSED ECONNREFUSED connected",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
