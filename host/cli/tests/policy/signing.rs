//! `dispatch policy keygen`, `sign` and `verify`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::dispatch::{Copied, policy, ran, run};

fn keygen(house: &Path, name: &str) -> (String, String) {
    let at = house.join(name);
    let at = at.to_str().expect("text");
    run(&["keygen", at, "--no-password"]).is(0);
    (format!("{at}.key"), format!("{at}.pub"))
}

#[test]
fn a_pack_is_signed_and_what_changes_after_that_is_named() {
    let pack = Copied::new();
    let (key, public) = keygen(pack.house.path(), "ours");
    let verify = || run(&["verify", pack.path(), "--trusted-key", &public]);

    verify()
        .is(1)
        .says(&["pack.sums.minisig", "not signed", "dispatch policy sign"]);
    // as a host would that is told so
    let check = |key: &str| {
        let told = [
            "check",
            pack.path(),
            "--trusted-key",
            key,
            "--require-signed",
        ];
        run(&told)
    };
    check(&public).is(1).says(&["signature", "refused"]);
    run(&["check", pack.path(), "--require-signed"]).is(2);
    let signed = run(&["sign", pack.path(), "--key", &key]).is(0);
    signed.says(&["signed:", "real-dispatch 0.1.0, revision 1"]);
    verify()
        .is(0)
        .says(&["in order:", "real-dispatch 0.1.0, revision 1"]);
    // signing anew is the same list
    run(&["sign", pack.path(), "--key", &key]).is(0);
    verify().is(0);
    // a signed pack is still a pack
    run(&["check", pack.path()])
        .is(0)
        .says(&["ok  signature", "in order:"]);

    pack.edit("cedar/customers.cedar", "customer.tools", "customer.toolz");
    let spoiled = run(&["verify", pack.path(), "--trusted-key", &public, "--json"]).is(1);
    let spoiled = spoiled.json();
    assert_eq!(spoiled["refused"]["step"], "signature");
    assert_eq!(spoiled["refused"]["file"], "cedar/customers.cedar");
    pack.edit("cedar/customers.cedar", "customer.toolz", "customer.tools");
    verify().is(0);

    let (_, stranger) = keygen(pack.house.path(), "stranger");
    let other = run(&["verify", pack.path(), "--trusted-key", &stranger]).is(1);
    other.says(&["not trusted"]);
    check(&stranger).is(1);
    check(&public).is(0).says(&["ok  signature", "in order:"]);
    let both = [
        "verify",
        pack.path(),
        "--trusted-key",
        &stranger,
        "--trusted-key",
        &public,
    ];
    run(&both).is(0);
}

#[test]
fn a_secret_key_is_its_owners_alone_and_may_have_a_password() {
    let pack = Copied::new();
    let at = pack.house.path().join("guarded");
    let at = at.to_str().expect("text");
    let guarded = |arguments: &[&str], password: &str| {
        ran(policy()
            .args(arguments)
            .env("DISPATCH_SIGNING_PASSWORD", password))
    };
    run(&["keygen", at]).is(2);
    guarded(&["keygen", at], "correct horse").is(0);
    let key = format!("{at}.key");
    let mode = std::fs::metadata(&key).expect("made").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = guarded(&["keygen", at], "another").is(2);
    assert!(
        again.stderr.contains("not written over"),
        "{}",
        again.stderr
    );

    let sign = ["sign", pack.path(), "--key", &key];
    run(&sign).is(2);
    let wrong = guarded(&sign, "wrong horse").is(1);
    assert!(wrong.stderr.contains("password"), "{}", wrong.stderr);
    let file = pack.house.path().join("password");
    std::fs::write(&file, "correct horse\n").expect("written");
    let file = file.to_str().expect("text");
    run(&[&sign[..], &["--password-file", file]].concat()).is(0);
    run(&["verify", pack.path(), "--trusted-key", &format!("{at}.pub")]).is(0);
}

#[test]
fn what_a_host_would_refuse_is_not_signed() {
    let pack = Copied::new();
    let (key, _) = keygen(pack.house.path(), "ours");
    pack.edit("cedar/customers.cedar", "permit (", "permit");
    let refused = run(&["sign", pack.path(), "--key", &key]).is(1);
    assert!(
        refused.stderr.contains("cedar/customers.cedar:"),
        "{}",
        refused.stderr
    );
    assert!(!pack.folder.join("pack.sums").exists());
    run(&["sign", pack.path(), "--key", "/nowhere/at/all"]).is(2);
    let public = pack.house.path().join("ours.pub");
    let public = run(&["sign", pack.path(), "--key", public.to_str().expect("text")]).is(2);
    assert!(public.stderr.contains("public key"), "{}", public.stderr);
    run(&["verify", pack.path(), "--trusted-key", &key]).is(2);
}
