//! Segments cut into pieces, and pieces padded into chunks.

use std::ops::Range;

use burn::backend::Autodiff;
use burn::tensor::backend::Backend;
use burn::tensor::{Bool, Int, Tensor, TensorData, activation};

use crate::kernels::attention::metadata::AttentionMetadata;
use crate::kernels::{Heads, indices};

/// The maximum number of queries of a segment in a chunk.
const QUERIES: usize = 128;

/// The number of scores per head in a chunk: 4 MiB. A chunk of one piece may exceed it.
const SCORES: usize = 1 << 20;

/// The attention metadata of a pass on a device.
#[derive(Debug)]
pub(in crate::kernels) struct Chunks<B: Backend> {
    /// [tokens, 1, width].
    pub(super) cos: Tensor<B, 3>,
    pub(super) sin: Tensor<B, 3>,
    /// The chunks, in order of their queries. Together they cover all tokens.
    pub(super) chunks: Vec<Chunk<B>>,
}

/// Pieces of segments, padded to the same size.
#[derive(Clone, Debug)]
pub(super) struct Chunk<B: Backend> {
    /// The number of pieces, queries per piece, and keys per piece.
    pub(super) shape: [usize; 3],
    /// The token of each padded query, `[pieces * queries]`.
    pub(super) queries: Tensor<B, 1, Int>,
    /// The key of each padded key, `[pieces * keys]`.
    pub(super) keys: Tensor<B, 1, Int>,
    /// The offset of the first key that each padded query does not see any more, `[pieces, 1,
    /// queries, 1]`.
    pub(super) ends: Tensor<B, 4, Int>,
    /// The offset of the first key that each padded query sees, or `None` without a window.
    pub(super) starts: Option<Tensor<B, 4, Int>>,
    /// The factor of products of queries and keys.
    pub(super) scale: f32,
    /// The padded query of each token, `[tokens]`.
    pub(super) back: Tensor<B, 1, Int>,
}

/// Queries of a segment and the keys that they see, both by offset.
struct Piece {
    segment: usize,
    queries: Range<usize>,
    keys: Range<usize>,
}

impl<B: Backend> Chunks<B> {
    pub(super) fn new(metadata: &AttentionMetadata, device: &B::Device) -> Self {
        let mut chunks = Vec::new();
        let mut pieces: Vec<Piece> = Vec::new();
        let (mut longest, mut most) = (0, 0);
        for (index, segment) in metadata.layout.segments.iter().enumerate() {
            let count = segment.queries.len();
            for start in (0..count).step_by(QUERIES) {
                let end = (start + QUERIES).min(count);
                let keys = metadata.visible(segment, start).start..segment.visible(end - 1);
                let larger = (longest.max(end - start), most.max(keys.len()));
                if !pieces.is_empty() && (pieces.len() + 1) * larger.0 * larger.1 > SCORES {
                    chunks.push(Chunk::new(metadata, &pieces, device));
                    pieces.clear();
                    (longest, most) = (0, 0);
                }
                (longest, most) = (longest.max(end - start), most.max(keys.len()));
                pieces.push(Piece {
                    segment: index,
                    queries: start..end,
                    keys,
                });
            }
        }
        chunks.push(Chunk::new(metadata, &pieces, device));
        let table = |values: Vec<f32>| {
            let shape = [metadata.layout.tokens.len(), 1, metadata.heads.width];
            Tensor::from_data(TensorData::new(values, shape), device)
        };
        Self {
            cos: table(
                metadata
                    .rope
                    .cos_sin_rows(&metadata.layout.positions, false),
            ),
            sin: table(metadata.rope.cos_sin_rows(&metadata.layout.positions, true)),
            chunks,
        }
    }
}

impl<B: Backend> Chunk<B> {
    fn new(metadata: &AttentionMetadata, pieces: &[Piece], device: &B::Device) -> Self {
        let longest = pieces.iter().map(|p| p.queries.len()).max().unwrap_or(0);
        let most = pieces.iter().map(|p| p.keys.len()).max().unwrap_or(0);
        let mut queries = Vec::with_capacity(pieces.len() * longest);
        let mut keys = Vec::with_capacity(pieces.len() * most);
        let mut visible: Vec<Range<usize>> = Vec::with_capacity(pieces.len() * longest);
        let mut back = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            let segment = &metadata.layout.segments[piece.segment];
            back.extend((0..piece.queries.len()).map(|j| index * longest + j));
            let real = piece.queries.clone();
            queries.extend(real.clone().map(|j| segment.queries.start + j));
            visible.extend(real.map(|j| {
                let Range { start, end } = metadata.visible(segment, j);
                start - piece.keys.start..end - piece.keys.start
            }));
            // Padding sees the first key, and its output is never read.
            queries.resize((index + 1) * longest, 0);
            visible.resize((index + 1) * longest, 0..1);
            let seen = metadata.layout.keys(segment).skip(piece.keys.start);
            keys.extend(seen.take(piece.keys.len()));
            keys.resize((index + 1) * most, 0);
        }
        let offsets = |of: fn(&Range<usize>) -> usize| {
            let offsets: Vec<i32> = visible.iter().map(|keys| of(keys) as i32).collect();
            let shape = [pieces.len(), 1, longest, 1];
            Tensor::from_data(TensorData::new(offsets, shape), device)
        };
        Self {
            shape: [pieces.len(), longest, most],
            queries: indices::<B>(queries.into_iter(), device),
            keys: indices::<B>(keys.into_iter(), device),
            ends: offsets(|keys| keys.end),
            starts: metadata.window.map(|_| offsets(|keys| keys.start)),
            scale: metadata.scale,
            back: indices::<B>(back.into_iter(), device),
        }
    }

    /// Gathers rows of `[tokens, heads, width]` as `[pieces, heads, length, width]`.
    pub(super) fn padded(
        &self,
        x: &Tensor<B, 3>,
        at: &Tensor<B, 1, Int>,
        length: usize,
    ) -> Tensor<B, 4> {
        let [_, heads, width] = x.dims();
        x.clone()
            .select(0, at.clone())
            .reshape([self.shape[0], length, heads, width])
            .swap_dims(1, 2)
    }

    /// Groups a tensor of queries by key head: `[pieces, key heads, shared * queries, width]`.
    pub(super) fn grouped(&self, x: Tensor<B, 4>, heads: Heads) -> Tensor<B, 4> {
        let [pieces, longest, _] = self.shape;
        let shared = heads.queries / heads.keys;
        x.reshape([pieces, heads.keys, shared * longest, heads.width])
    }

    /// Returns grouped queries as `[tokens, query heads * width]`, without padding.
    pub(super) fn tokens(&self, x: Tensor<B, 4>, heads: Heads) -> Tensor<B, 2> {
        let [pieces, longest, _] = self.shape;
        x.reshape([pieces, heads.queries, longest, heads.width])
            .swap_dims(1, 2)
            .reshape([pieces * longest, heads.queries * heads.width])
            .select(0, self.back.clone())
    }

    /// Returns the softmax of the scores, `[pieces, key heads, shared * queries, keys]`.
    pub(super) fn weights(
        &self,
        queries: Tensor<B, 4>,
        keys: Tensor<B, 4>,
        heads: Heads,
    ) -> Tensor<B, 4> {
        let [pieces, longest, most] = self.shape;
        let all = [pieces, heads.queries, longest, most];
        let grouped = [
            pieces,
            heads.keys,
            heads.queries / heads.keys * longest,
            most,
        ];
        let at = Tensor::<B, 1, Int>::arange(0..most as i64, &queries.device());
        let at = at
            .reshape([1, 1, 1, most])
            .expand([pieces, 1, longest, most]);
        let bound =
            |offsets: &Tensor<B, 4, Int>| offsets.clone().expand([pieces, 1, longest, most]);
        let mut hidden: Tensor<B, 4, Bool> = at.clone().greater_equal(bound(&self.ends));
        if let Some(starts) = &self.starts {
            hidden = hidden.bool_or(at.lower(bound(starts)));
        }
        let scores = queries
            .matmul(keys.swap_dims(2, 3))
            .mul_scalar(self.scale)
            .reshape(all)
            .mask_fill(hidden.expand(all), f32::MIN);
        activation::softmax(scores, 3).reshape(grouped)
    }

    /// Attention of the chunk's queries, `[tokens, query heads * width]`.
    pub(super) fn means(
        &self,
        queries: &Tensor<B, 3>,
        keys: &Tensor<B, 3>,
        values: &Tensor<B, 3>,
        heads: Heads,
    ) -> Tensor<B, 2> {
        let [_, longest, most] = self.shape;
        let queries = self.grouped(self.padded(queries, &self.queries, longest), heads);
        let keys = self.padded(keys, &self.keys, most);
        let weights = self.weights(queries, keys, heads);
        self.tokens(weights.matmul(self.padded(values, &self.keys, most)), heads)
    }
}

impl<B: Backend> Chunk<Autodiff<B>> {
    pub(super) fn inner(&self) -> Chunk<B> {
        Chunk {
            shape: self.shape,
            queries: self.queries.clone().inner(),
            keys: self.keys.clone().inner(),
            ends: self.ends.clone().inner(),
            starts: self.starts.clone().map(Tensor::inner),
            scale: self.scale,
            back: self.back.clone().inner(),
        }
    }
}
