//! Which host, with which token, in which colours: from what was asked for, the
//! environment and the configuration.

use std::fmt;

use crate::Error;
use crate::app::Setup;
use crate::config::{self, BadConfig, File};

/// What was asked for.
#[derive(Clone, Default)]
pub struct Launch {
    /// Where the host listens, unless a host is named: `http://` or `https://`.
    pub url: String,
    /// The bearer token for it, where one was given.
    pub token: Option<String>,
    /// A host of the configuration, by name.
    pub host: Option<String>,
    /// No tool is called, whatever the token may.
    pub read_only: bool,
}

impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // never the token
        write!(f, "Launch({}, {:?})", self.url, self.host)
    }
}

/// What comes of it.
pub(crate) enum Chosen {
    /// Look at this host.
    Host { setup: Box<Setup>, token: String },
    /// There is nothing to look at yet: say what to do.
    Nothing { setup: Box<Setup>, missing: Missing },
}

/// What it takes to look at a host. `path`: where the configuration is, or would be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Missing {
    /// A token; `configured`: there is a configuration, without a host in it.
    Token { path: String, configured: bool },
    /// Which of the hosts that the configuration has.
    Host { path: String, hosts: Vec<String> },
}

/// A host that is named goes first, then a token that is given, then the configuration's
/// default host, or the only one it has.
pub(crate) fn choose(
    launch: Launch,
    env: impl Fn(&str) -> Option<String>,
) -> Result<Chosen, Error> {
    let path = config::path(&env);
    let file = match &path {
        Some(path) => config::read(path)?,
        None => None,
    };
    let setup = |host: &str, url: &str, read_only: bool| {
        Box::new(Setup {
            host: host.to_owned(),
            url: url.to_owned(),
            read_only: read_only || launch.read_only,
            theme: config::theme(file.as_ref(), &env),
            keys: config::keys(file.as_ref()),
            seed: rand::random(),
        })
    };
    let path = path.unwrap_or_else(|| "console.toml".into());
    let named = launch.host.clone();
    let name = match (&named, &launch.token) {
        (Some(name), _) => Some(name.clone()),
        (None, Some(_)) => None,
        (None, None) => file.as_ref().and_then(default),
    };
    if let Some(name) = name {
        let host = file.as_ref().and_then(|file| file.hosts.get(&name));
        let host = host.ok_or_else(|| BadConfig::NoHost {
            name: name.clone(),
            path: path.clone(),
            known: known(file.as_ref()),
        })?;
        let token = host.token.resolve(&env).map_err(|why| BadConfig::Token {
            host: name.clone(),
            why,
        })?;
        return Ok(Chosen::Host {
            setup: setup(&name, &host.url, host.read_only),
            token,
        });
    }
    let chosen = setup(&launch.url, &launch.url, false);
    Ok(match launch.token {
        Some(token) => Chosen::Host {
            setup: chosen,
            token,
        },
        None => Chosen::Nothing {
            setup: chosen,
            missing: missing(path.display().to_string(), file.as_ref()),
        },
    })
}

fn missing(path: String, file: Option<&File>) -> Missing {
    let hosts: Vec<String> = file
        .iter()
        .flat_map(|file| file.hosts.keys().cloned())
        .collect();
    if hosts.is_empty() {
        let configured = file.is_some();
        return Missing::Token { path, configured };
    }
    Missing::Host { path, hosts }
}

fn default(file: &File) -> Option<String> {
    let only = file.hosts.keys().next().filter(|_| file.hosts.len() == 1);
    file.default.as_ref().or(only).cloned()
}

fn known(file: Option<&File>) -> String {
    let names: Vec<&str> = file
        .iter()
        .flat_map(|file| file.hosts.keys().map(String::as_str))
        .collect();
    if names.is_empty() {
        "none".into()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(launch: Launch, file: Option<&str>) -> Result<Chosen, Error> {
        let folder = std::env::temp_dir().join(format!(
            "console-launch-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("console.toml");
        if let Some(text) = file {
            std::fs::write(&path, text).unwrap();
        }
        let env = |name: &str| match name {
            "DISPATCH_CONSOLE_CONFIG" => Some(path.display().to_string()),
            "MINE" => Some("from.env".to_owned()),
            _ => None,
        };
        let chosen = choose(launch, env);
        std::fs::remove_dir_all(&folder).unwrap();
        chosen
    }

    fn asked(host: Option<&str>, token: Option<&str>) -> Launch {
        Launch {
            url: "http://127.0.0.1:7711".into(),
            token: token.map(Into::into),
            host: host.map(Into::into),
            read_only: false,
        }
    }

    const FILE: &str = "[hosts.home]\nurl = \"http://home:1\"\ntoken = { env = \"MINE\" }\n\
                        read_only = true\n";

    #[test]
    fn a_named_host_goes_first_then_a_given_token_then_the_only_host() {
        for (launch, url, token) in [
            (asked(Some("home"), Some("x")), "http://home:1", "from.env"),
            (asked(None, Some("x")), "http://127.0.0.1:7711", "x"),
            (asked(None, None), "http://home:1", "from.env"),
        ] {
            let Chosen::Host {
                setup,
                token: found,
            } = chosen(launch, Some(FILE)).unwrap()
            else {
                panic!("a host");
            };
            assert_eq!((setup.url.as_str(), found.as_str()), (url, token));
            assert_eq!(setup.read_only, url == "http://home:1");
        }
    }

    #[test]
    fn without_anything_it_is_the_first_start_and_a_wrong_name_says_the_right_ones() {
        let lacks = |file| match chosen(asked(None, None), file).unwrap() {
            Chosen::Nothing { missing, .. } => missing,
            Chosen::Host { .. } => panic!("no host is meant"),
        };
        let Missing::Token { path, configured } = lacks(None) else {
            panic!("no token");
        };
        assert!(path.ends_with("console.toml") && !configured);
        let colours = lacks(Some("[theme]\nname = \"light\"\n"));
        assert!(matches!(
            colours,
            Missing::Token {
                configured: true,
                ..
            }
        ));
        // two hosts, and neither is the default
        let two = FILE.replace("read_only = true\n", "")
            + "[hosts.yard]\nurl = \"http://yard:1\"\ntoken = { env = \"MINE\" }\n";
        let Missing::Host { hosts, .. } = lacks(Some(&two)) else {
            panic!("two hosts");
        };
        assert_eq!(hosts, ["home", "yard"]);
        let Err(error) = chosen(asked(Some("hom"), None), Some(FILE)) else {
            panic!("no such host");
        };
        assert!(error.to_string().contains("there are: home"), "{error}");
    }
}
