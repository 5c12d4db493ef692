//! Products of tiles by Intel's Advanced Matrix Extensions.
#![allow(unsafe_code, reason = "the instructions have no safe form")]

use std::arch::asm;
use std::arch::x86_64::{__cpuid, __cpuid_count};
use std::sync::OnceLock;

use crate::kernels::bfloat16::tile::{Block, LANES, Tile};

/// Returns true if the processor has AMX with bfloat16 and the system lets this process use it.
pub(super) fn is_available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| is_x86_feature_detected!("avx512f") && has_amx() && is_permitted())
}

fn has_amx() -> bool {
    const BF16_AND_TILE: u32 = 1 << 22 | 1 << 24;
    __cpuid(0).eax >= 7 && __cpuid_count(7, 0).edx & BF16_AND_TILE == BF16_AND_TILE
}

/// Asks the system for the use of tile registers (`ARCH_REQ_XCOMP_PERM` of `XTILEDATA`).
#[cfg(target_os = "linux")]
fn is_permitted() -> bool {
    const ARCH_PRCTL: isize = 158;
    const ARCH_REQ_XCOMP_PERM: usize = 0x1023;
    const XTILEDATA: usize = 18;
    let refused: isize;
    // SAFETY: the call reads its two arguments only.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => refused,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XTILEDATA,
            out("rcx") _,
            out("r11") _,
            options(nostack),
        );
    }
    refused == 0
}

/// Other systems are not asked.
#[cfg(not(target_os = "linux"))]
fn is_permitted() -> bool {
    false
}

/// The configuration of the tile registers: 16 rows of 64 bytes each.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    bytes_per_row: [u16; 16],
    rows: [u8; 16],
}

static CONFIGURATION: Configuration = Configuration {
    palette: 1,
    start_row: 0,
    reserved: [0; 14],
    bytes_per_row: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// Multiplies two panels of rows with two panels of columns.
pub(super) fn multiply(left: &[Tile], one: &[Tile], two: &[Tile], block: &mut Block) {
    let depth = one.len();
    assert!(depth > 0 && two.len() == depth && left.len() == 2 * depth);
    let out = block.as_mut_ptr().cast::<f32>();
    let below = LANES * 2 * LANES;
    // SAFETY: AMX is available. The loop reads `depth` tiles of each panel and writes blocks of 16
    // rows of 16 floats, 128 bytes apart, which `block` holds.
    unsafe {
        asm!(
            "ldtilecfg [{configuration}]",
            "2:",
            "tileloadd tmm4, [{left} + {tile}]",
            "tileloadd tmm6, [{one} + {tile}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{two} + {tile}]",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tileloadd tmm5, [{below_left} + {tile}]",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            "add {left}, 1024",
            "add {below_left}, 1024",
            "add {one}, 1024",
            "add {two}, 1024",
            "dec {depth}",
            "jnz 2b",
            "tilestored [{out} + {row}], tmm0",
            "tilestored [{out} + {row} + 64], tmm1",
            "tilestored [{below} + {row}], tmm2",
            "tilestored [{below} + {row} + 64], tmm3",
            "tilerelease",
            configuration = in(reg) &raw const CONFIGURATION,
            left = inout(reg) left.as_ptr() => _,
            below_left = inout(reg) left.as_ptr().add(depth) => _,
            one = inout(reg) one.as_ptr() => _,
            two = inout(reg) two.as_ptr() => _,
            depth = inout(reg) depth => _,
            out = in(reg) out,
            below = in(reg) out.add(below),
            tile = in(reg) 64usize,
            row = in(reg) 128usize,
            options(nostack),
        );
    }
}

/// Multiplies two panels of rows with two panels of columns, in three parts each. The products of
/// parts that are too small for 32 bits are left out.
pub(super) fn multiply_parts(left: &[Tile], one: &[Tile], two: &[Tile], block: &mut Block) {
    const PARTS: usize = 3;
    let length = one.len();
    assert!(length > 0 && length.is_multiple_of(PARTS));
    assert!(two.len() == length && left.len() == 2 * length);
    let out = block.as_mut_ptr().cast::<f32>();
    let below = LANES * 2 * LANES;
    // SAFETY: AMX is available. The loop reads `length` tiles of each panel and writes blocks of 16
    // rows of 16 floats, 128 bytes apart, which `block` holds.
    unsafe {
        asm!(
            "ldtilecfg [{configuration}]",
            "2:",
            // The third part of the rows and the first of the columns.
            "tileloadd tmm4, [{left} + {tile} + 2048]",
            "tileloadd tmm6, [{one} + {tile}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{two} + {tile}]",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tileloadd tmm5, [{below_left} + {tile} + 2048]",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            // The second and the first.
            "tileloadd tmm4, [{left} + {tile} + 1024]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tileloadd tmm5, [{below_left} + {tile} + 1024]",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            // The second and the second.
            "tileloadd tmm6, [{one} + {tile} + 1024]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tileloadd tmm7, [{two} + {tile} + 1024]",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tdpbf16ps tmm3, tmm5, tmm7",
            // The first and the second.
            "tileloadd tmm4, [{left} + {tile}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tileloadd tmm5, [{below_left} + {tile}]",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            // The first and the third.
            "tileloadd tmm6, [{one} + {tile} + 2048]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tileloadd tmm7, [{two} + {tile} + 2048]",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tdpbf16ps tmm3, tmm5, tmm7",
            // The first and the first.
            "tileloadd tmm6, [{one} + {tile}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tileloadd tmm7, [{two} + {tile}]",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tdpbf16ps tmm3, tmm5, tmm7",
            "add {left}, 3072",
            "add {below_left}, 3072",
            "add {one}, 3072",
            "add {two}, 3072",
            "dec {depth}",
            "jnz 2b",
            "tilestored [{out} + {row}], tmm0",
            "tilestored [{out} + {row} + 64], tmm1",
            "tilestored [{below} + {row}], tmm2",
            "tilestored [{below} + {row} + 64], tmm3",
            "tilerelease",
            configuration = in(reg) &raw const CONFIGURATION,
            left = inout(reg) left.as_ptr() => _,
            below_left = inout(reg) left.as_ptr().add(length) => _,
            one = inout(reg) one.as_ptr() => _,
            two = inout(reg) two.as_ptr() => _,
            depth = inout(reg) length / PARTS => _,
            out = in(reg) out,
            below = in(reg) out.add(below),
            tile = in(reg) 64usize,
            row = in(reg) 128usize,
            options(nostack),
        );
    }
}
