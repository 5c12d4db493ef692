#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::device::tested::{Plain, Tracked};
use crate::kernels::{Layout, floats};
use crate::model::Backbone;
use crate::model::lora::config::{FILE, MODULES};
use crate::model::lora::files::WEIGHTS;
use crate::model::packing::{Row, Sequence, choice_logprobs};
use crate::optim::{AdamW, Gradients};

fn shape() -> BackboneConfig {
    BackboneConfig {
        qkv_bias: true,
        tie_embeddings: false,
        ..BackboneConfig::tiny()
    }
}

fn config() -> LoraConfig {
    LoraConfig {
        rank: 3,
        alpha: 6.0,
        dropout: 0.0,
        targets: MODULES.map(str::to_owned).into(),
        base: "base".into(),
    }
}

fn base<B: Kernels>() -> Backbone<B> {
    Backbone::random(&shape(), 7, &Default::default()).unwrap()
}

/// Fills an adapter with values that change the output.
struct Say;

impl<B: Kernels> Rewrite<B> for Say {
    fn rewrite<const D: usize>(&mut self, name: &str, matrix: Tensor<B, D>) -> Tensor<B, D> {
        let shape = matrix.shape();
        let value = |at: usize| ((at + name.len()) as f32).sin() / 2.0;
        let values: Vec<f32> = (0..shape.num_elements()).map(value).collect();
        Tensor::from_data(TensorData::new(values, shape), &matrix.device())
    }
}

fn logits(model: &Backbone<Plain>) -> Vec<f32> {
    let mut layout = Layout::default();
    layout.push_row(&[1, 2, 3, 4, 5, 6], std::iter::empty());
    floats(model.logits(layout, &[0, 2, 5]))
}

fn furthest(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(one.len(), other.len());
    let pairs = one.iter().zip(other);
    pairs.fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

fn row() -> Row {
    Row {
        prompt: [1, 2, 3].into(),
        completions: vec![Sequence {
            tokens: vec![4, 5, 6],
            choices: vec![None; 3],
        }],
    }
}

#[test]
fn a_new_adapter_changes_nothing() {
    let model = base::<Plain>();
    let adapted = model.clone().with_lora(&config(), 1);
    assert_eq!(logits(&adapted), logits(&model));
}

#[test]
fn merging_an_adapter_keeps_the_logits() {
    for targets in [
        &MODULES[..],
        &["v_proj"],
        &["q_proj", "v_proj", "gate_proj"],
    ] {
        let config = LoraConfig {
            targets: targets.iter().map(|name| (*name).into()).collect(),
            ..config()
        };
        let model = base::<Plain>();
        let adapted = model.clone().with_lora(&config, 1).rewrite(&mut Say);
        assert!(furthest(&logits(&adapted), &logits(&model)) > 0.05);
        let merged = adapted.clone().merged();
        assert_eq!(merged.lora(), None);
        assert!(furthest(&logits(&adapted), &logits(&merged)) < 1e-5);
        assert_eq!(logits(&adapted.without_lora()), logits(&model));
    }
}

#[test]
fn a_step_trains_the_adapter_and_leaves_the_rest_alone() {
    let model = base::<Tracked>().with_lora(&config(), 1).rewrite(&mut Say);
    // The filled values are constants. Loading the adapter makes them leaves again.
    let folder = tempfile::tempdir().unwrap();
    model.save(folder.path()).unwrap();
    let model = base::<Tracked>().with_adapter(folder.path()).unwrap();
    let row = row();
    let mut gradients = Gradients::new();
    let loss = choice_logprobs(&model, &[&row], 1.0).logprobs.neg().sum();
    gradients.add(&model, loss.backward());
    let mut optimizer = AdamW::new(0.01, 1.0);
    let before = logits(&model.valid());
    let (model, _) = optimizer.step(model, gradients, 1e-2);
    assert!(furthest(&before, &logits(&model.valid())) > 1e-3);
    let bare = model.valid().without_lora();
    assert_eq!(logits(&bare), logits(&base()));
    let moments = folder.path().join("moments.safetensors");
    optimizer.save(&moments).unwrap();
    let bytes = std::fs::read(&moments).unwrap();
    let names = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(names.len(), 2 * 2 * 2 * 7);
    let adapters = |name: &&str| name.contains("lora_A") || name.contains("lora_B");
    assert!(names.names().iter().all(adapters), "{:?}", names.names());
    AdamW::new(0.01, 1.0).load(&moments, &model).unwrap();
}

#[test]
fn an_adapter_is_saved_under_the_names_of_peft_and_reads_back_as_it_was() {
    let [one, two] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let adapted = base::<Plain>().with_lora(&config(), 1).rewrite(&mut Say);
    adapted.save(one.path()).unwrap();
    let again = base::<Plain>().with_adapter(one.path()).unwrap();
    assert_eq!(logits(&again), logits(&adapted));
    assert_eq!(again.lora(), Some(&config()));
    again.save(two.path()).unwrap();
    let bytes = |folder: &tempfile::TempDir, name| std::fs::read(folder.path().join(name)).unwrap();
    for name in [FILE, WEIGHTS] {
        assert!(bytes(&one, name) == bytes(&two, name), "{name}");
    }
    let file = bytes(&one, WEIGHTS);
    let file = safetensors::SafeTensors::deserialize(&file).unwrap();
    assert_eq!(file.len(), 2 * 2 * 7);
    let name = "base_model.model.model.layers.1.mlp.down_proj.lora_A.weight";
    assert_eq!(file.tensor(name).unwrap().shape(), [3, 24]);
    let name = "base_model.model.model.layers.0.self_attn.k_proj.lora_B.weight";
    assert_eq!(file.tensor(name).unwrap().shape(), [16, 3]);
}

#[test]
fn a_value_head_is_saved_beside_an_adapter() {
    let folder = tempfile::tempdir().unwrap();
    let adapted = base::<Plain>().with_lora(&config(), 1).with_value_head();
    let adapted = adapted.rewrite(&mut Say);
    adapted.save(folder.path()).unwrap();
    let again = base::<Plain>().with_adapter(folder.path()).unwrap();
    let head = |model: &Backbone<Plain>| floats(model.value_head.clone().unwrap());
    assert_eq!(head(&again), head(&adapted));
    assert_ne!(head(&again), vec![0.0; 32]);
}

#[test]
fn dropout_depends_on_its_seed_and_is_off_by_default() {
    let config = LoraConfig {
        dropout: 0.4,
        ..config()
    };
    let adapted = base::<Tracked>().with_lora(&config, 1).rewrite(&mut Say);
    let row = row();
    let logprobs =
        |model: &Backbone<Tracked>| floats(choice_logprobs(model, &[&row], 1.0).logprobs.inner());
    let [plain, dropped] = [logprobs(&adapted), logprobs(&adapted.with_dropout(5))];
    assert_ne!(plain, dropped);
    assert_eq!(dropped, logprobs(&adapted.with_dropout(5)));
    assert_ne!(dropped, logprobs(&adapted.with_dropout(6)));
    let valid = adapted.with_dropout(5).valid();
    let valid = floats(choice_logprobs(&valid, &[&row], 1.0).logprobs);
    assert!(furthest(&valid, &plain) < 1e-6);

    let without = base::<Tracked>().with_lora(&crate::model::lora::tests::config(), 1);
    let without = without.rewrite(&mut Say);
    assert_eq!(logprobs(&without), logprobs(&without.with_dropout(5)));
}

#[test]
fn dropout_zeroes_its_share_and_keeps_the_mean() {
    let ones = Tensor::<Plain, 2>::ones([100, 300], &Default::default());
    let left = floats(dropout(ones.clone(), 0.3, 9, 0));
    let zeros = left.iter().filter(|x| **x == 0.0).count() as f64 / 30_000.0;
    let mean = left.iter().map(|x| f64::from(*x)).sum::<f64>() / 30_000.0;
    assert!((zeros - 0.3).abs() < 0.01, "{zeros}");
    assert!((mean - 1.0).abs() < 0.02, "{mean}");
    assert_ne!(left, floats(dropout(ones, 0.3, 9, 1)));
}

#[test]
fn an_adapter_with_a_weight_that_is_not_finite_is_refused_by_tensor_and_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(WEIGHTS);
    (base::<Plain>().with_lora(&config(), 1).save(folder.path())).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 4;
    bytes[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    let error = base::<Plain>().with_adapter(folder.path()).unwrap_err();
    let said = error.to_string();
    let file = path.display().to_string();
    assert!(said.starts_with(&file) && said.contains(".lora_"), "{said}");
    assert!(said.contains(".weight holds NaN at place "), "{said}");
}

/// Returns the error for an adapter whose configuration was changed.
fn complaint(change: impl Fn(&mut serde_json::Value)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    base::<Plain>()
        .with_lora(&config(), 1)
        .save(folder.path())
        .unwrap();
    let mut file = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut file);
    std::fs::write(&path, file.to_string()).unwrap();
    match base::<Plain>().with_adapter(folder.path()) {
        Ok(_) => String::new(),
        Err(error) => {
            let said = error.to_string();
            let folder = folder.path().display().to_string();
            assert!(said.contains(&folder), "{said}");
            said.replace(&folder, "")
        }
    }
}

#[test]
fn configurations_are_read_as_peft_means_them_or_refused() {
    let set = |key: &'static str, value: serde_json::Value| {
        complaint(move |file| file[key] = value.clone())
    };
    use serde_json::json;
    // The form that PEFT writes for `all-linear`.
    let long: Vec<String> = (0..2)
        .flat_map(|layer| fused_matrices(&shape(), layer))
        .flat_map(|joined| joined.parts)
        .map(|(name, _)| name)
        .collect();
    assert_eq!(set("target_modules", json!(long)), "");
    assert_eq!(set("rank_pattern", json!({})), "");
    assert_eq!(set("use_rslora", json!(true)), "");
    for (key, value, said) in [
        ("peft_type", json!("IA3"), "unsupported peft_type IA3"),
        ("use_dora", json!(true), "unsupported use_dora = true"),
        ("modules_to_save", json!(["lm_head"]), "modules_to_save"),
        ("alpha_pattern", json!({"q_proj": 3}), "alpha_pattern"),
        ("bias", json!("all"), "unsupported bias all"),
        ("init_lora_weights", json!("pissa"), "pissa"),
        (
            "target_modules",
            json!(".*_proj"),
            "must be a list of names",
        ),
        (
            "target_modules",
            json!(["lm_head"]),
            "\"lm_head\"; supported: q_proj",
        ),
        ("r", json!(0), "rank = 0"),
        (
            "r",
            json!(4),
            "layers.0.self_attn.q_proj.lora_A.weight has shape [3, 32], expected [4, 32]",
        ),
        (
            "target_modules",
            json!(["q_proj"]),
            "unexpected tensor base_model.model.model.layers.0.mlp.down_proj.lora_A.weight",
        ),
    ] {
        let complaint = set(key, value);
        assert!(complaint.contains(said), "{complaint}");
    }
    let whole = |file: &mut serde_json::Value| *file = json!([]);
    assert!(complaint(whole).contains("adapter_config.json"));
}

#[test]
fn rank_stabilised_scaling_is_folded_into_alpha() {
    let folder = tempfile::tempdir().unwrap();
    let config = LoraConfig {
        rank: 4,
        ..config()
    };
    base::<Plain>()
        .with_lora(&config, 1)
        .save(folder.path())
        .unwrap();
    let path = folder.path().join(FILE);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("rslora\": false", "rslora\": true")).unwrap();
    let read = LoraConfig::read(folder.path()).unwrap();
    assert_eq!((read.alpha, read.scale()), (12.0, 6.0 / 2.0));
}
