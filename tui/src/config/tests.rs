use super::*;
use crate::theme::{Palette, Role};

const WHOLE: &str = r##"
default = "home"

[hosts.home]
url = "http://127.0.0.1:7711"
token = { file = "~/operator.token" }

[hosts.yard]
url = "https://dispatch.example"
token = { command = ["printf", "a.b.c\n"] }
read_only = true

[theme]
name = "safe"
colors = "256"
own = { alarm = "#ff8700" }

[keys.anywhere]
sort = ["o", "ctrl-o"]

[keys.decisions]
only = ["x"]
"##;

#[test]
fn a_whole_file_is_read() {
    let file = File::parse(WHOLE).unwrap();
    assert_eq!(file.default.as_deref(), Some("home"));
    assert!(file.hosts["yard"].read_only);
    assert_eq!(file.palette, Palette::Safe);
    assert!(file.own.contains_key(&Role::Alarm));
    let theme = theme(Some(&file), |name| (name == "NO_COLOR").then(|| "1".into()));
    assert_eq!(theme.depth, Depth::None, "NO_COLOR goes first");
}

#[test]
fn the_readmes_sample_is_taken_as_it_stands() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("```toml\n").expect("a sample");
    let (sample, _) = rest.split_once("```").expect("its end");
    let file = File::parse(sample).expect("in order");
    assert_eq!(file.hosts.len(), 3);
    assert_eq!(file.default.as_deref(), Some("home"));
    let sort = file
        .keys
        .of(crate::keys::Context::Anywhere, crate::keys::Action::Sort);
    assert_eq!(sort, ["z", "ctrl-o"]);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (from, to, says) in [
        ("read_only = true", "readonly = true", "line 11, column 1"),
        ("default = \"home\"", "default = \"hom\"", "names no host"),
        (
            "\"safe\"",
            "\"pink\"",
            "line 14, column 8: theme name is dark, light, safe or safe-light",
        ),
        ("\"256\"", "\"7\"", "line 15"),
        ("#ff8700", "ff87", "line 16"),
        (
            "[\"o\", ",
            "[\"j\", ",
            "line 19, column 8: [keys.anywhere] `j` stands for both",
        ),
        ("only = [\"x\"]", "onyl = [\"x\"]", "line 22, column 8"),
        (
            "{ file = \"~/operator.token\" }",
            "{ file = \"a\", env = \"b\" }",
            "say one of",
        ),
        (
            "{ file = \"~/operator.token\" }",
            "\"secret\"",
            "line 6, column 9",
        ),
    ] {
        assert!(WHOLE.contains(from), "{from}");
        let said = File::parse(&WHOLE.replace(from, to)).unwrap_err();
        assert!(said.contains(says), "{to}: {said}");
        assert!(!said.contains("secret"), "no token is printed: {said}");
    }
}

#[test]
fn a_token_comes_from_a_file_the_environment_or_a_program() {
    let none = |_: &str| None;
    let file = std::env::temp_dir().join(format!("console-token-{}", std::process::id()));
    std::fs::write(&file, " a.b.c \n").unwrap();
    let found = Source::File(file.clone()).resolve(none);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(found.as_deref(), Ok("a.b.c"));
    let env = |name: &str| (name == "MINE").then(|| "a.b.c".to_owned());
    assert_eq!(
        Source::Env("MINE".into()).resolve(env).as_deref(),
        Ok("a.b.c")
    );
    let command = |words: &[&str]| Source::Command(words.iter().map(ToString::to_string).collect());
    assert_eq!(
        command(&["printf", "a.b.c"]).resolve(none).as_deref(),
        Ok("a.b.c")
    );
    for (bad, says) in [
        (Source::File(file), "cannot be read"),
        (Source::Env("MINE".into()), "is not set"),
        (command(&["false"]), "ended with"),
        (command(&["/nowhere/at/all"]), "did not start"),
        (command(&["printf", "two words"]), "holds no token"),
    ] {
        let said = bad.resolve(none).unwrap_err();
        assert!(said.contains(says), "{said}");
        assert!(!said.contains("two words") || says == "holds no token");
    }
}

#[test]
fn the_file_is_where_the_environment_says() {
    let at = |given: &[(&str, &str)]| {
        path(|name| {
            let found = given.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
        .map(|path| path.display().to_string())
    };
    let home = ("HOME", "/home/ada");
    assert_eq!(
        at(&[("DISPATCH_CONSOLE_CONFIG", "c.toml"), home]).as_deref(),
        Some("c.toml")
    );
    let below = "/x/real-dispatch/console.toml";
    assert_eq!(
        at(&[("XDG_CONFIG_HOME", "/x"), home]).as_deref(),
        Some(below)
    );
    let below = "/home/ada/.config/real-dispatch/console.toml";
    assert_eq!(at(&[home]).as_deref(), Some(below));
    assert_eq!(at(&[]), None);
}
