//! The papers, looked at as layouts, as PDFs and as data. `DISPATCH_PAPERS=folder`
//! also writes them there, for a person to look at.

mod picture;
mod sample;

use std::fmt::Write;

use dispatch_contract::input::PhotoPhase;

use crate::canvas::{Sheet, Step};
use crate::face::Face;
use crate::photos::{self, MAX_SHOWN};
use crate::{InvoiceRecord, Manifest, closeout_packet, invoice, invoice_draft, packet};
use sample::{draft, invoice_input, line, note, packet_input, photo};

fn keep(name: &str, bytes: &[u8]) {
    if let Ok(folder) = std::env::var("DISPATCH_PAPERS") {
        std::fs::write(std::path::Path::new(&folder).join(name), bytes).unwrap();
    }
}

/// Texts of a sheet, one to a line, and nothing outside of the paper.
fn texts(sheet: &Sheet, face: &Face) -> String {
    let mut texts = String::new();
    for step in &sheet.steps {
        if let Step::Text { x, y, style, text } = step {
            let end = x + face.width(style.weight, style.size, text);
            assert!(
                *x >= 53.9 && end <= 612.0 - 53.0,
                "{text:?} from {x} to {end}"
            );
            assert!((20.0..780.0).contains(y), "{text:?} at {y}");
            writeln!(texts, "{text}").unwrap();
        }
    }
    texts
}

fn invoice_texts(input: &crate::InvoiceInput) -> Vec<String> {
    let face = Face::new().unwrap();
    let (sheets, _) = invoice::lay_out(&face, input).unwrap();
    sheets.iter().map(|sheet| texts(sheet, &face)).collect()
}

fn packet_sheets(input: &crate::PacketInput) -> Vec<Sheet> {
    let (entries, ready, _) = photos::look(&input.photos);
    let face = Face::new().unwrap();
    packet::lay_out(&face, input, &entries, &ready).unwrap().0
}

fn packet_texts(input: &crate::PacketInput) -> Vec<String> {
    let face = Face::new().unwrap();
    packet_sheets(input)
        .iter()
        .map(|sheet| texts(sheet, &face))
        .collect()
}

/// What another reader of PDFs finds; `None`, said aloud, where it is not installed.
fn read_back(pdf: &[u8]) -> Option<Vec<String>> {
    let file = std::env::temp_dir().join(format!("dispatch-{}.pdf", std::process::id()));
    std::fs::write(&file, pdf).unwrap();
    let read = std::process::Command::new("pdftotext")
        .arg("-layout")
        .arg(&file)
        .arg("-")
        .output();
    std::fs::remove_file(&file).unwrap();
    let Ok(read) = read else {
        eprintln!("SKIPPED: no pdftotext to read the PDF back");
        return None;
    };
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    assert!(
        read.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    let text = String::from_utf8(read.stdout).unwrap();
    Some(
        text.trim_end_matches('\u{c}')
            .split('\u{c}')
            .map(str::to_owned)
            .collect(),
    )
}

#[test]
fn the_draft_says_who_what_and_how_much() {
    let pages = invoice_texts(&invoice_input());
    let text = pages.concat();
    for expected in [
        "Northgate Door & Dock Co.",
        "INVOICE DRAFT",
        "DRAFT — NOT A REQUEST FOR PAYMENT",
        "D-2026-00318",
        "March 2, 2026",
        "01J9ZQ4Y7M8K6T5R4E3W2Q1P0N",
        "Zoë Łukasiewicz",
        "Café Łódź — Ωmega Я",
        "Technician: Renée Kowalski",
        "Mar 2, 2026, 09:00 – 11:00 EST",
        "Vertical track section, 12 ga galvanized, 8 ft",
        "$186.75",
        "$373.50",
        "-$45.00",
        "Subtotal",
        "$1,229.70",
        "Tax (6.25%)",
        "$76.86",
        "Total",
        "$1,306.56",
    ] {
        assert!(
            text.lines().any(|line| line == expected),
            "{expected:?} in\n{text}"
        );
    }
    assert!(!text.contains('\u{fffd}'), "every name can be shown");
    let input = invoice_input();
    let paper = invoice_draft(&input).unwrap();
    keep("invoice.pdf", &paper.pdf);
    if let Some(read) = read_back(&paper.pdf) {
        for expected in ["Zoë Łukasiewicz", "Ωmega Я", "$1,306.56", "Page 1 of 1"] {
            assert!(read.concat().contains(expected), "{expected:?} in {read:?}");
        }
    }
    let record: InvoiceRecord = serde_json::from_slice(&paper.json).unwrap();
    assert_eq!(record.invoice, input.invoice);
    assert_eq!(record.invoice.total.amount_cents, 130_656);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, two) = (invoice_input(), invoice_input());
    assert_eq!(invoice_draft(&one).unwrap(), invoice_draft(&two).unwrap());
    let (one, two) = (packet_input(), packet_input());
    assert_eq!(
        closeout_packet(&one).unwrap(),
        closeout_packet(&two).unwrap()
    );
    let later = crate::InvoiceInput {
        issued_at: sample::at("2026-03-03T00:00:00Z"),
        ..invoice_input()
    };
    assert_ne!(
        invoice_draft(&later).unwrap().pdf,
        invoice_draft(&invoice_input()).unwrap().pdf
    );
}

#[test]
fn long_drafts_go_on_with_head_foot_and_table_head_on_every_page() {
    let mut input = invoice_input();
    let long = "Replacement part with a description that goes on for a while ".repeat(6);
    input.invoice = draft(
        (0..100)
            .map(|n| line(&format!("{n} {long}"), 9_999, 10_000_000))
            .collect(),
    );
    input.notes.push(note(
        3,
        &"The door was inspected again and again. ".repeat(300),
    ));
    input.notes.push(note(4, &"x".repeat(5_000)));
    let pages = invoice_texts(&input);
    assert!(pages.len() > 8, "{}", pages.len());
    let total = pages.len();
    for (n, page) in pages.iter().enumerate() {
        assert!(
            page.contains(&format!("Page {} of {total}\n", n + 1)),
            "{page}"
        );
        let begins = if n == 0 {
            "Northgate"
        } else {
            "Northgate Door & Dock Co.\nInvoice draft D-2026"
        };
        assert!(page.starts_with(begins), "{page}");
        if page.contains("Replacement part") {
            assert!(
                page.contains("DESCRIPTION\nQTY\nUNIT PRICE\nAMOUNT\n"),
                "{page}"
            );
        }
    }
    let text = pages.concat();
    assert_eq!(text.matches("$999,900,000.00").count(), 100);
    assert_eq!(text.matches("Replacement part").count(), 600);
    assert!(text.matches('x').count() >= 5_000);
    let paper = invoice_draft(&input).unwrap();
    keep("invoice-long.pdf", &paper.pdf);
    if let Some(read) = read_back(&paper.pdf) {
        assert_eq!(read.len(), total);
        assert!(read[total - 1].contains(&format!("Page {total} of {total}")));
    }
}

#[test]
fn the_packet_shows_the_work_and_lists_every_hash() {
    let input = packet_input();
    let text = packet_texts(&input).concat();
    for expected in [
        "CLOSEOUT PACKET",
        "P-2026-00318",
        "Photos taken after the work",
        "Mar 2, 2026, 14:50 EST — Technician",
        "Technician on site",
        "Visit scheduled",
        "Photo not shown",
        "The picture is damaged",
        "The file was not available",
        "$1,306.56",
        "Before the work · Mar 2, 2026, 10:20 EST",
    ] {
        assert!(
            text.lines().any(|line| line == expected),
            "{expected:?} in\n{text}"
        );
    }
    for entry in &input.artifacts {
        assert!(text.contains(&entry.attachment.sha256), "{entry:?}");
    }
    let (chain, pack) = (&input.chain.hash, &input.policy_pack.digest);
    let joined: String = text.split_whitespace().collect();
    assert!(joined.contains(chain.as_str()) && joined.contains(pack.as_str()));
    let steps: Vec<Step> = packet_sheets(&input)
        .into_iter()
        .flat_map(|s| s.steps)
        .collect();
    let count = |wanted: fn(&Step) -> bool| steps.iter().filter(|step| wanted(step)).count();
    assert_eq!(count(|step| matches!(step, Step::Tick { .. })), 5);
    assert_eq!(count(|step| matches!(step, Step::Picture { .. })), 2);
    let paper = closeout_packet(&input).unwrap();
    keep("packet.pdf", &paper.pdf);
    if let Some(read) = read_back(&paper.pdf) {
        assert!(
            read.concat()
                .contains(&input.artifacts[0].attachment.sha256)
        );
    }
}

#[test]
fn the_manifest_is_canonical_and_holds_the_packets_own_hash() {
    let input = packet_input();
    let paper = closeout_packet(&input).unwrap();
    let manifest: Manifest = serde_json::from_slice(&paper.manifest).unwrap();
    assert_eq!(
        dispatch_contract::canonical::bytes(&manifest),
        paper.manifest
    );
    assert_eq!(
        manifest.packet.sha256,
        dispatch_contract::canonical::sha256_hex(&paper.pdf)
    );
    assert_eq!(manifest.packet.size_bytes, paper.pdf.len() as u64);
    assert_eq!(manifest.artifacts.len(), input.artifacts.len());
    let shown: Vec<bool> = manifest.photos.iter().map(|photo| photo.shown).collect();
    assert_eq!(shown, [true, true, false, false]);
    // the PDF's own hash changes with the PDF library; everything else is fixed
    let mut fixed = manifest;
    fixed.packet.sha256 = "of the PDF".into();
    fixed.packet.size_bytes = 0;
    golden("manifest", &fixed, include_str!("manifest.json"));
}

#[test]
fn the_drafts_json_is_fixed() {
    let paper = invoice_draft(&invoice_input()).unwrap();
    let record: InvoiceRecord = serde_json::from_slice(&paper.json).unwrap();
    assert_eq!(dispatch_contract::canonical::bytes(&record), paper.json);
    golden("draft", &record, include_str!("draft.json"));
}

fn golden<T: serde::Serialize>(name: &str, value: &T, expected: &str) {
    let actual = serde_json::to_string_pretty(value).unwrap() + "\n";
    keep(&format!("{name}.json"), actual.as_bytes());
    assert!(actual == expected, "{name}.json is another now:\n{actual}");
}

#[test]
fn odd_photos_never_stop_a_packet() {
    let good = picture::png(40, 30, |x, y| [x as u8, y as u8, 0]);
    let bomb = {
        let mut png = good.clone();
        png[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]); // 65,536 squared
        png
    };
    let mut input = packet_input();
    let odd: [&[u8]; 8] = [
        b"",
        b"\xff\xd8",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\0\0\0\0WEBP",
        b"GIF89a",
        b"%PDF-1.7",
        &bomb,
        &good[..good.len() / 2],
    ];
    input.photos = odd
        .iter()
        .enumerate()
        .map(|(n, b)| photo(n, b, PhotoPhase::After))
        .collect();
    input.photos.push(photo(9, &good, PhotoPhase::After));
    let manifest: Manifest =
        serde_json::from_slice(&closeout_packet(&input).unwrap().manifest).unwrap();
    let shown: Vec<bool> = manifest.photos.iter().map(|photo| photo.shown).collect();
    assert_eq!(shown, [vec![false; 8], vec![true]].concat());
}

#[test]
fn pictures_that_unpack_without_end_are_not_unpacked() {
    let mut input = packet_input();
    let shown = |photos: Vec<crate::Photo>| {
        let (_, ready, _) = photos::look(&photos);
        ready.iter().filter(|ready| ready.is_shown()).count()
    };
    let twelve_million = picture::black(4_000, 3_000);
    assert!(twelve_million.len() < 2_000_000);
    let black = |n| photo(n, &twelve_million, PhotoPhase::After);
    assert_eq!(
        shown((0..4).map(black).collect()),
        2,
        "as many as may be unpacked"
    );
    let heavy = picture::png(2_300, 1_900, |x, _| [x as u8, 0, 0]);
    assert!(heavy.len() > photos::MAX_BYTES);
    assert_eq!(
        shown(vec![photo(1, &heavy, PhotoPhase::After)]),
        0,
        "too many bytes"
    );
    input.photos = vec![black(1), photo(2, &heavy, PhotoPhase::After)];
    closeout_packet(&input).unwrap();
}

#[test]
fn many_photos_are_cut_off_and_said_so() {
    let mut input = packet_input();
    let good = picture::png(8, 6, |_, _| [9, 9, 9]);
    input.photos = (0..MAX_SHOWN + 3)
        .map(|n| photo(n, &good, PhotoPhase::After))
        .collect();
    let text = packet_texts(&input).concat();
    assert!(text.contains("3 more photos are in the list of files."));
}

#[test]
fn names_in_scripts_without_glyphs_are_visibly_replaced() {
    let mut input = invoice_input();
    input.ticket.customer.contact_name = "門田 🚪 Ltd".into();
    let text = invoice_texts(&input).concat();
    assert!(text.contains("\u{fffd}\u{fffd} \u{fffd} Ltd"), "{text}");
    invoice_draft(&input).unwrap();
}

#[test]
fn a_draft_without_lines_or_schedule_is_still_a_paper() {
    let mut input = invoice_input();
    input.invoice = draft(Vec::new());
    input.ticket.schedule = None;
    input.technician_name = None;
    input.notes.clear();
    let text = invoice_texts(&input).concat();
    assert!(text.contains("No charges are listed.") && text.contains("$0.00"));
    assert!(text.contains("Times are UTC"));
}

#[test]
fn a_paper_without_end_is_refused() {
    let mut input = invoice_input();
    input.notes = (0..200)
        .map(|n| note(n % 9, &"line\n".repeat(400)))
        .collect();
    let error = invoice_draft(&input).unwrap_err();
    assert!(
        matches!(error, crate::DocumentError::TooLong { limit: 300 }),
        "{error}"
    );
}

#[test]
fn a_photo_that_lies_on_its_side_is_turned_and_fits_its_box() {
    let mut input = packet_input();
    let jpeg = include_bytes!("sideways.jpg");
    input.photos = vec![photo(1, jpeg, PhotoPhase::After)];
    let steps: Vec<Step> = packet_sheets(&input)
        .into_iter()
        .flat_map(|s| s.steps)
        .collect();
    let placed = steps.iter().find_map(|step| match step {
        Step::Picture {
            width,
            height,
            turn,
            ..
        } => Some((*width, *height, *turn)),
        _ => None,
    });
    let (width, height, turn) = placed.expect("a good JPEG is shown");
    assert_eq!(turn, crate::exif::Turn::Right);
    assert!(height > width, "it was taken upright: {width} x {height}");
    keep("packet-sideways.pdf", &closeout_packet(&input).unwrap().pdf);
}
