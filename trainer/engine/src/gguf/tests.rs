#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

#[test]
fn every_quantisation_gives_the_bits_of_the_python_package() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/gguf/fixtures/blocks.gguf");
    let mut file = Gguf::open(&path).unwrap();
    let names: Vec<String> = file.names().map(str::to_owned).collect();
    let expected = "BF16, F16, F32, Q4_0, Q4_1, Q4_K, Q5_0, Q5_1, Q5_K, Q6_K, Q8_0";
    assert_eq!(file.types(), expected);
    let types: Vec<&String> = names.iter().filter(|name| !name.contains('.')).collect();
    assert_eq!(types.len(), 11);
    for name in types {
        let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect::<Vec<_>>();
        let expected = file.values(&format!("{name}.expected")).unwrap();
        assert_eq!(expected.len(), 512);
        assert!(bits(file.values(name).unwrap()) == bits(expected), "{name}");
    }
}

/// A header that is written field by field.
#[derive(Clone)]
struct Draft(Vec<u8>);

impl Draft {
    fn new(version: u32, tensors: u64, pairs: u64) -> Self {
        Self(b"GGUF".to_vec()).u32(version).u64(tensors).u64(pairs)
    }

    fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn text(self, text: &str) -> Self {
        let mut draft = self.u64(text.len() as u64);
        draft.0.extend(text.bytes());
        draft
    }

    fn tensor(self, name: &str, shape: &[u64], quantisation: u32, start: u64) -> Self {
        let named = self.text(name).u32(shape.len() as u32);
        let shaped = shape.iter().fold(named, |draft, size| draft.u64(*size));
        shaped.u32(quantisation).u64(start)
    }

    /// Returns the error without the path.
    #[track_caller]
    fn refusal(&self) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &self.0).unwrap();
        let error = Gguf::open(file.path()).err().expect("an error");
        let path = format!("{}: ", file.path().display());
        error.to_string().strip_prefix(&path).unwrap().to_owned()
    }
}

#[test]
fn files_of_another_format_or_version_are_refused() {
    assert_eq!(
        Draft(b"PK\x03\x04 and more".to_vec()).refusal(),
        "not a GGUF file"
    );
    assert_eq!(Draft(b"GG".to_vec()).refusal(), "not a GGUF file");
    let said = Draft::new(1, 0, 0).refusal();
    assert_eq!(said, "unsupported GGUF version 1; supported: 2, 3");
    let missing = Gguf::open(Path::new("/nowhere/a.gguf")).err().unwrap();
    assert!(
        missing
            .to_string()
            .starts_with("/nowhere/a.gguf: cannot be read: ")
    );
}

#[test]
fn an_unsupported_quantisation_is_refused_by_name() {
    let with = |quantisation| Draft::new(3, 1, 0).tensor("a", &[256], quantisation, 0);
    let supported = "supported: F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, BF16";
    let expected = format!("a: unsupported quantisation IQ4_XS; {supported}");
    assert_eq!(with(23).refusal(), expected);
    let expected = format!("a: unsupported quantisation number 77; {supported}");
    assert_eq!(with(77).refusal(), expected);
}

#[test]
fn a_file_cut_at_any_place_is_refused() {
    let whole = Draft::new(3, 1, 1)
        .text("general.alignment")
        .u32(4)
        .u32(32)
        .tensor("a", &[2, 3], 0, 0);
    let header = whole.0.len();
    let mut file = whole;
    file.0.resize(header.next_multiple_of(32) + 24, 0);
    for length in 4..file.0.len() {
        let said = Draft(file.0[..length].to_vec()).refusal();
        assert!(said.contains("truncated"), "{length}: {said}");
    }
    let whole = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(whole.path(), &file.0).unwrap();
    let mut opened = Gguf::open(whole.path()).unwrap();
    assert_eq!(opened.shape("a"), Some(&[3, 2][..]));
    assert_eq!(opened.values("a").unwrap(), [0.0; 6]);
}

#[test]
fn sizes_that_a_file_cannot_have_allocate_nothing() {
    let most = u64::MAX;
    let list = |item: u32, count| Draft::new(3, 0, 1).text("list").u32(9).u32(item).u64(count);
    let damaged = "its header has more than 128 MiB: the file is damaged";
    let truncated = "ends inside its header: the file is truncated";
    assert_eq!(Draft::new(3, most, 0).refusal(), truncated);
    assert_eq!(Draft::new(3, 0, most).refusal(), truncated);
    assert_eq!(Draft::new(3, 0, 1).u64(most).refusal(), damaged);
    assert_eq!(Draft::new(3, 0, 1).u64(1 << 26).refusal(), truncated);
    assert_eq!(list(4, most).refusal(), format!("list: {damaged}"));
    assert_eq!(list(8, most).refusal(), format!("list: {truncated}"));
    let tensor = |shape: &[u64], start| Draft::new(3, 1, 0).tensor("a", shape, 0, start).refusal();
    assert_eq!(tensor(&[most, most], 0), "a: too many values");
    let outside = "and the tensor a ends behind them: the file is truncated or damaged";
    for said in [tensor(&[1 << 40], 0), tensor(&[1], most - 3)] {
        assert!(said.ends_with(outside), "{said}");
    }
}

#[test]
fn headers_that_contradict_themselves_are_refused() {
    let pair = |draft: Draft, key| draft.text(key).u32(4).u32(7);
    let twice = pair(pair(Draft::new(3, 0, 2), "a"), "a");
    assert_eq!(twice.refusal(), "the metadata has a twice");
    let twice = Draft::new(3, 2, 0)
        .tensor("a", &[1], 0, 0)
        .tensor("a", &[1], 0, 0);
    assert_eq!(twice.refusal(), "the tensor a is there twice");
    let said = pair(Draft::new(3, 0, 1), "general.alignment").refusal();
    assert_eq!(said, "general.alignment is 7, expected a power of two");
    let said = Draft::new(3, 0, 1).text("a").u32(99).refusal();
    assert_eq!(said, "a value has the unknown type 99");
    let said = Draft::new(3, 0, 1).text("a").u32(9).u32(9).u64(1).refusal();
    assert_eq!(said, "a: lists of lists are not supported");
    let said = Draft::new(3, 1, 0).tensor("a", &[100], 12, 0).refusal();
    assert_eq!(
        said,
        "a: a row has 100 values, expected a multiple of 256 for Q4_K"
    );
    let said = Draft::new(3, 1, 0).tensor("a", &[], 0, 0).refusal();
    assert_eq!(said, "a: 0 dimensions, expected 1 to 4");
}

#[test]
fn values_are_read_by_type() {
    let draft = Draft::new(3, 0, 5)
        .text("epsilon")
        .u32(6)
        .u32(1e-5f32.to_bits())
        .text("count")
        .u32(10)
        .u64(12)
        .text("negative")
        .u32(5)
        .u32(u32::MAX)
        .text("words")
        .u32(9)
        .u32(8)
        .u64(2)
        .text("ein")
        .text("wort")
        .text("types")
        .u32(9)
        .u32(5)
        .u64(2)
        .u32(3)
        .u32(u32::MAX);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &draft.0).unwrap();
    let file = Gguf::open(file.path()).unwrap();
    let metadata = file.metadata();
    assert_eq!(metadata.number("epsilon"), Ok(Some(1e-5)));
    assert_eq!(metadata.count("count"), Ok(Some(12)));
    assert_eq!(metadata.count("absent"), Ok(None));
    assert_eq!(metadata.texts("words"), Ok(vec!["ein", "wort"]));
    assert_eq!(metadata.integers("types"), Ok(vec![3, -1]));
    let wrong = |said: Result<Option<usize>, String>| said.unwrap_err();
    assert_eq!(wrong(metadata.count("negative")), "negative is not a count");
    assert_eq!(wrong(metadata.count("words")), "words is not a count");
    let absent = metadata.texts("absent").unwrap_err();
    assert_eq!(absent, "the metadata has no absent");
}
