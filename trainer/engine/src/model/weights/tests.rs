#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::device::tested::Plain;
use crate::kernels::{Layout, floats};
use crate::safetensors::WEIGHTS;

struct Case {
    config: BackboneConfig,
    tokens: Vec<u32>,
    logits: Vec<Vec<f32>>,
}

/// Logits of the formula's weights from an implementation in numpy.
fn cases() -> Vec<Case> {
    let text = include_str!("../fixtures/qwen.json");
    let cases: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
    let of = |mut case: serde_json::Value| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CONFIG);
        case["config"]["model_type"] = "llama".into();
        std::fs::write(&path, case["config"].to_string()).unwrap();
        Case {
            config: BackboneConfig::read(&path).unwrap(),
            tokens: serde_json::from_value(case["tokens"].take()).unwrap(),
            logits: serde_json::from_value(case["logits"].take()).unwrap(),
        }
    };
    cases.into_iter().map(of).collect()
}

/// The formula's weights under Hugging Face's names, in the order of the numpy script.
fn formula(config: &BackboneConfig) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let hidden = config.hidden_size;
    let mut named = vec![(EMBEDDING.to_owned(), vec![config.vocab_size, hidden])];
    for layer in 0..config.layers {
        let [qkv, attention_out, gate_up, down] = fused_matrices(config, layer);
        let [attention_norm, mlp_norm] = norms(config, layer);
        let mut matrix = |joined: FusedMatrix| {
            for (name, part) in joined.parts {
                named.push((format!("{name}.weight"), vec![part.len(), joined.inputs]));
            }
        };
        matrix(qkv);
        matrix(attention_out);
        matrix(gate_up);
        matrix(down);
        let at = named.len();
        named.insert(at - 3, (mlp_norm, vec![hidden]));
        named.insert(at - 7, (attention_norm, vec![hidden]));
    }
    named.push((NORM.to_owned(), vec![hidden]));
    if !config.tie_embeddings {
        named.push((HEAD.to_owned(), vec![config.vocab_size, hidden]));
    }
    let value = |number: usize, shape: &[usize], index: usize| {
        let wave = (1.0 + 0.37 * (index as f64).powf(1.1) + 1.3 * number as f64).sin();
        (0.4 * wave + if shape.len() == 1 { 1.0 } else { 0.0 }) as f32
    };
    let named = named.into_iter().enumerate();
    named
        .map(|(number, (name, shape))| {
            let count: usize = shape.iter().product();
            let values = (0..count)
                .map(|index| value(number, &shape, index))
                .collect();
            (name, shape, values)
        })
        .collect()
}

/// Writes the formula's weights and their configuration, after `change` is applied to each tensor.
fn write(
    folder: &Path,
    config: &BackboneConfig,
    change: impl Fn(&str, &mut Vec<usize>, &mut Vec<f32>) -> bool,
) {
    config.write(&folder.join(CONFIG)).unwrap();
    let mut file = Writer::new(config.weight_dtype, ("format", "pt"));
    for (name, mut shape, mut values) in formula(config) {
        if change(&name, &mut shape, &mut values) {
            file.put(name, &shape, move || values.clone());
        }
    }
    file.write_folder(folder, SHARD_BYTES).unwrap();
}

#[test]
fn logits_are_those_of_an_independent_implementation() {
    for case in cases() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &case.config, |_, _, _| true);
        let model = Backbone::<Plain>::load(folder.path(), &Default::default()).unwrap();
        let mut layout = Layout::default();
        layout.push_row(&case.tokens, std::iter::empty());
        let at: Vec<usize> = (0..case.tokens.len()).collect();
        let logits = floats(model.logits(layout, &at));
        for (ours, theirs) in logits.iter().zip(case.logits.concat()) {
            assert!((ours - theirs).abs() < 1e-4, "{ours}, reference {theirs}");
        }
    }
}

#[test]
fn saved_weights_load_as_they_were_and_give_the_same_bytes() {
    for case in cases() {
        let device = Default::default();
        let [one, two] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let mut model = Backbone::<Plain>::random(&case.config, 5, &device).unwrap();
        if case.config.tie_embeddings {
            model = model.with_value_head();
        }
        model.save(one.path()).unwrap();
        Backbone::<Plain>::load(one.path(), &device)
            .unwrap()
            .save(two.path())
            .unwrap();
        let bytes = |folder: &Path, name| std::fs::read(folder.join(name)).unwrap();
        for name in [CONFIG, WEIGHTS] {
            assert!(bytes(one.path(), name) == bytes(two.path(), name), "{name}");
        }
    }
}

#[test]
fn the_seed_alone_decides_the_initial_weights() {
    let config = BackboneConfig::tiny();
    let weights = |seed| {
        let model = Backbone::<Plain>::random(&config, seed, &Default::default()).unwrap();
        floats(model.layers[1].down.clone())
    };
    let first = weights(1);
    assert_eq!(first, weights(1));
    assert_ne!(first, weights(2));
    let square: f32 = first.iter().map(|x| x * x).sum::<f32>() / first.len() as f32;
    let expected = 0.25 / config.intermediate_size as f32 / (2.0 * config.layers as f32);
    assert!(
        (square / expected - 1.0).abs() < 0.2,
        "{square} for {expected}"
    );
}

#[test]
fn errors_name_the_tensor_both_shapes_and_the_file() {
    let config = BackboneConfig::tiny();
    let complaint = |change: fn(&str, &mut Vec<usize>, &mut Vec<f32>) -> bool| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &config, change);
        let error = Backbone::<Plain>::load(folder.path(), &Default::default()).unwrap_err();
        let path = folder.path().join(WEIGHTS).display().to_string();
        let said = error.to_string();
        assert!(said.contains(&path), "{said}");
        said.replace(&path, "FILE")
    };
    let said = complaint(|name, shape, values| {
        if name.contains("1.mlp.up_proj") {
            shape[0] -= 1;
            values.truncate(shape.iter().product());
        }
        true
    });
    assert_eq!(
        said,
        "FILE: model.layers.1.mlp.up_proj.weight has shape [23, 32], expected [24, 32]: \
         the weights do not match the config beside them"
    );
    let said = complaint(|name, _, _| name != NORM);
    assert!(
        said.starts_with("FILE has no tensor model.norm.weight"),
        "{said}"
    );

    let folder = tempfile::tempdir().unwrap();
    config.write(&folder.path().join(CONFIG)).unwrap();
    std::fs::write(folder.path().join(WEIGHTS), b"nonsense").unwrap();
    let error = Backbone::<Plain>::load(folder.path(), &Default::default()).unwrap_err();
    assert!(
        error.to_string().contains("is not a safetensors file"),
        "{error}"
    );
}

#[test]
fn a_weight_that_is_not_finite_is_named_with_its_file() {
    for (weight_dtype, broken) in [
        (WeightDtype::Float32, f32::NAN),
        (WeightDtype::Bfloat16, f32::INFINITY),
        (WeightDtype::Float16, f32::NEG_INFINITY),
    ] {
        let mut config = BackboneConfig::tiny();
        config.weight_dtype = weight_dtype;
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &config, |name, _, values| {
            if name.contains("1.mlp.up_proj") {
                values[7] = broken;
            }
            true
        });
        let error = Backbone::<Plain>::load(folder.path(), &Default::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "{}: model.layers.1.mlp.up_proj.weight holds {broken} at place 7: the weights \
                 have diverged or the file is damaged; take an earlier checkpoint",
                folder.path().join(WEIGHTS).display()
            )
        );
    }
}

/// Writes a tied model's folder with additional tensors.
fn with_more(config: &BackboneConfig, more: &[(&str, &[usize], Vec<f32>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    config.write(&folder.path().join(CONFIG)).unwrap();
    let mut file = Writer::new(config.weight_dtype, ("format", "pt"));
    for (name, shape, values) in formula(config) {
        file.put(name, &shape, move || values.clone());
    }
    for (name, shape, values) in more {
        file.put((*name).to_owned(), shape, move || values.clone());
    }
    file.write_folder(folder.path(), SHARD_BYTES).unwrap();
    folder
}

#[test]
fn a_tied_head_may_be_stored_but_must_equal_the_embedding() {
    let config = BackboneConfig::tiny();
    let shape = [config.vocab_size, config.hidden_size];
    let mut all = formula(&config).into_iter();
    let (.., embedding) = all.find(|(name, ..)| name == EMBEDDING).unwrap();
    let load = |head: Vec<f32>| {
        let folder = with_more(&config, &[(HEAD, &shape, head)]);
        let loaded = Backbone::<Plain>::load_with_warning(folder.path(), &Default::default());
        let surveyed = survey(folder.path());
        match (loaded, surveyed) {
            (Ok((model, unused)), Ok(survey)) => {
                assert_eq!((unused, survey.unused), (None, None));
                assert_eq!(survey.parameters, 11 * 32 + 32 + 2 * 5440);
                Ok(floats(model.embedding))
            }
            (Err(loaded), Err(surveyed)) => {
                let path = folder.path().display().to_string();
                assert_eq!(loaded.to_string(), surveyed.to_string());
                Err(loaded.to_string().replace(&path, "FOLDER"))
            }
            _ => panic!("load and survey disagree"),
        }
    };
    assert_eq!(load(embedding.clone()), Ok(embedding.clone()));
    let mut other = embedding;
    other[40] += 0.5;
    assert_eq!(
        load(other).unwrap_err(),
        "FOLDER/model.safetensors: lm_head.weight differs from model.embed_tokens.weight, but \
         the config beside it sets tie_word_embeddings = true: set it to false to use both, or \
         remove lm_head.weight"
    );
}

#[test]
fn tensors_outside_the_shape_are_ignored_and_named_in_a_warning() {
    let config = BackboneConfig::tiny();
    let frequencies = "self_attn.rotary_emb.inv_freq";
    let names = [0, 1].map(|layer| format!("model.layers.{layer}.{frequencies}"));
    let more = [
        (&*names[0], &[4][..], vec![1.0; 4]),
        (&*names[1], &[4], vec![1.0; 4]),
        ("mtp.norm.weight", &[1], vec![1.0]),
    ];
    let folder = with_more(&config, &more);
    let device = Default::default();
    let (model, unused) = Backbone::<Plain>::load_with_warning(folder.path(), &device).unwrap();
    let line = "unused tensors, not part of the config's model: \
                model.layers.*.self_attn.rotary_emb.inv_freq (2 tensors), mtp.norm.weight";
    assert_eq!(unused.as_deref(), Some(line));
    assert_eq!(survey(folder.path()).unwrap().unused.as_deref(), Some(line));
    let plain = with_more(&config, &[]);
    let plain = Backbone::<Plain>::load(plain.path(), &device).unwrap();
    assert_eq!(
        floats(model.layers[1].down.clone()),
        floats(plain.layers[1].down.clone())
    );
}

#[test]
fn missing_or_truncated_shards_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = BackboneConfig::tiny();
    config.write(&folder.path().join(CONFIG)).unwrap();
    let model = Backbone::<Plain>::random(&config, 5, &Default::default()).unwrap();
    (model.arrays(WeightDtype::Float32))
        .write_folder(folder.path(), 30_000)
        .unwrap();
    let load = || Backbone::<Plain>::load(folder.path(), &Default::default());
    assert!(load().is_ok());
    let complaint = || {
        let loaded = load().unwrap_err().to_string();
        assert_eq!(survey(folder.path()).err().unwrap().to_string(), loaded);
        loaded.replace(&folder.path().display().to_string(), "FOLDER")
    };
    let second = folder.path().join("model-00002-of-00002.safetensors");
    let bytes = std::fs::read(&second).unwrap();
    std::fs::write(&second, &bytes[..bytes.len() - 7]).unwrap();
    assert_eq!(
        complaint(),
        format!(
            "FOLDER/model-00002-of-00002.safetensors has {} bytes, its header describes {}: \
             the file is truncated or damaged",
            bytes.len() - 7,
            bytes.len()
        )
    );
    std::fs::remove_file(&second).unwrap();
    assert_eq!(
        complaint(),
        "cannot access FOLDER/model-00002-of-00002.safetensors"
    );
    // An index that names the wrong shard for a tensor.
    std::fs::write(&second, &bytes).unwrap();
    let index = folder.path().join("model.safetensors.index.json");
    let text = std::fs::read_to_string(&index).unwrap();
    let text = text.replace("model-00002-of-00002", "model-00001-of-00002");
    std::fs::write(&index, text).unwrap();
    let said = complaint();
    assert!(
        said.starts_with("FOLDER/model-00001-of-00002.safetensors has no tensor model."),
        "{said}"
    );
    std::fs::remove_file(&index).unwrap();
    assert_eq!(
        complaint(),
        "FOLDER has neither model.safetensors nor model.safetensors.index.json"
    );
}
