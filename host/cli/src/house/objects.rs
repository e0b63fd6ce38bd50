//! Where objects are kept, from one text: a folder, or a bucket as
//! `s3://bucket?endpoint=https://host:9000&region=us-east-1`.

use std::path::{Path, PathBuf};

use dispatch_objects::{ObjectsConfig, S3Config};
use reqwest::Url;

/// What a text means; a folder below the data folder where there is none. Keys of a
/// bucket come from the usual AWS variables, never from the text.
pub(crate) fn parse(text: Option<&str>, data_dir: &Path) -> Result<ObjectsConfig, String> {
    let Some(text) = text else {
        return Ok(ObjectsConfig::Local {
            folder: data_dir.join("objects"),
        });
    };
    if !text.contains("://") {
        return Ok(ObjectsConfig::Local {
            folder: PathBuf::from(text),
        });
    }
    bucket(text).map(ObjectsConfig::S3)
}

fn bucket(text: &str) -> Result<S3Config, String> {
    let form = "objects are kept in a folder, or in \
                s3://bucket?endpoint=https://host:9000&region=us-east-1&virtual_hosted=true";
    let url = Url::parse(text)
        .ok()
        .filter(|url| url.scheme() == "s3" && matches!(url.path(), "" | "/"))
        .ok_or(form)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("keys of a bucket go into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".into());
    }
    let mut config = S3Config {
        bucket: url.host_str().unwrap_or("").to_owned(),
        ..S3Config::default()
    };
    if config.bucket.is_empty() {
        return Err(form.into());
    }
    for (name, value) in url.query_pairs() {
        let value = value.into_owned();
        match name.as_ref() {
            "region" => config.region = Some(value),
            "endpoint" => {
                // plain HTTP only where it was asked for in so many words
                config.allow_http = value.starts_with("http://");
                config.endpoint = Some(value);
            }
            "virtual_hosted" => {
                config.virtual_hosted = value
                    .parse()
                    .map_err(|_| "virtual_hosted is true or false".to_owned())?;
            }
            other => return Err(format!("`{other}` is not known; {form}")),
        }
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<ObjectsConfig, String> {
        parse(Some(text), Path::new("/data"))
    }

    #[test]
    fn a_folder_is_a_folder() {
        let folder = |text: &str| ObjectsConfig::Local {
            folder: text.into(),
        };
        assert_eq!(parse(None, Path::new("/data")), Ok(folder("/data/objects")));
        assert_eq!(of("/elsewhere"), Ok(folder("/elsewhere")));
    }

    #[test]
    fn a_bucket_is_said_in_one_line() {
        let minio = of("s3://photos?endpoint=http://127.0.0.1:9000&region=eu-west-1");
        assert_eq!(
            minio,
            Ok(ObjectsConfig::S3(S3Config {
                bucket: "photos".into(),
                region: Some("eu-west-1".into()),
                endpoint: Some("http://127.0.0.1:9000".into()),
                allow_http: true,
                ..S3Config::default()
            }))
        );
        let ObjectsConfig::S3(amazon) = of("s3://photos").expect("a bucket") else {
            panic!("not a folder");
        };
        assert!(!amazon.allow_http && amazon.endpoint.is_none());
    }

    #[test]
    fn what_is_meant_otherwise_is_refused_and_keys_stay_out() {
        for wrong in [
            "http://x",
            "s3://",
            "s3://bucket/prefix",
            "s3://b?surplus=1",
            "s3://b?virtual_hosted=maybe",
            "s3://key:secret@b",
        ] {
            let refused = of(wrong).expect_err(wrong);
            assert!(!refused.contains("secret@"), "{refused}");
        }
    }
}
