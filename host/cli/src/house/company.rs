//! Whose name is on the papers: a TOML file, or a name that says what to do.

use std::path::Path;

use dispatch_documents::Company;

use crate::failure::Failure;

/// The company of a file; without one, a stand-in that is in order to print.
pub(crate) fn read(file: Option<&Path>) -> Result<Company, Failure> {
    let Some(file) = file else {
        return Ok(Company {
            name: "Your Door Service".into(),
            address_lines: vec!["Set your company with `dispatch serve --company FILE`".into()],
            ..Company::default()
        });
    };
    let wrong = |why: String| {
        Failure::usage(format!(
            "the company file {}: {why}. It takes name, address_lines, phone, email, tax_id and \
             paper (letter or a4)",
            file.display()
        ))
    };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let company: Company =
        toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
    if company.name.trim().is_empty() {
        return Err(wrong("`name` is empty".into()));
    }
    Ok(company)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_comes_from_its_file_or_is_a_stand_in() {
        assert!(!read(None).expect("built in").name.is_empty());
        let file = tempfile::NamedTempFile::new().expect("a file");
        let parse = |text: &str| {
            std::fs::write(file.path(), text).expect("written");
            read(Some(file.path()))
        };
        let company = parse("name = \"Cascade\"\npaper = \"a4\"\n").expect("in order");
        assert_eq!(company.name, "Cascade");
        for wrong in ["", "name = \" \"", "name = \"x\"\nsurplus = 1"] {
            assert!(matches!(parse(wrong), Err(Failure::Usage(_))), "{wrong}");
        }
    }
}
