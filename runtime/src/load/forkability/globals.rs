//! Moves globals into a memory of their module, so that forks map them.
//!
//! The memory holds the exclusive or of a global's value and its initial value. So
//! the memory begins as zeros, and the global itself, which is not set any more,
//! holds the initial value.

use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, Encode, Function, GlobalSection, GlobalType, Instruction, MemArg,
    MemorySection, MemoryType, Module, RawSection, ValType,
};
use wasmparser::{BinaryReader, FunctionBody, Operator, Parser, Payload};

use super::module::ModuleSummary;

type Result<T> = std::result::Result<T, Error>;

/// Moves the globals in [`ModuleSummary::moved`] of a component's modules. `modules` are
/// in the order of the file.
pub(super) fn move_globals(
    component: &[u8],
    modules: &mut dyn Iterator<Item = &ModuleSummary>,
) -> Result<Vec<u8>> {
    const MODULE: u8 = 1;
    const COMPONENT: u8 = 4;
    let mut reader = BinaryReader::new(component, 0);
    let mut binary = reader.read_bytes(8)?.to_vec();
    while !reader.eof() {
        let id = reader.read_u8()?;
        let length = reader.read_var_u32()?;
        let content = reader.read_bytes(length as usize)?;
        binary.push(id);
        match id {
            MODULE => match modules.next().filter(|module| !module.moved.is_empty()) {
                Some(module) => GlobalMover::new(module)
                    .module(content)?
                    .encode(&mut binary),
                None => content.encode(&mut binary),
            },
            COMPONENT => move_globals(content, modules)?.encode(&mut binary),
            _ => content.encode(&mut binary),
        }
    }
    Ok(binary)
}

/// A rewriter of one module.
struct GlobalMover<'a> {
    module: &'a ModuleSummary,
    /// The index of the memory that holds the moved globals.
    memory: u32,
    /// One global of each type that holds a value on its way to memory: the address
    /// must lie below the value on the stack.
    scratch: [u32; 2],
}

/// The memory location of a moved global.
struct MovedGlobal {
    ty: ValType,
    at: MemArg,
}

impl<'a> GlobalMover<'a> {
    fn new(module: &'a ModuleSummary) -> Self {
        let globals = module.globals.len() as u32;
        Self {
            module,
            memory: module.memories,
            scratch: [globals, globals + 1],
        }
    }

    fn module(&self, binary: &[u8]) -> Result<Vec<u8>> {
        let mut module = Module::new();
        let mut code = CodeSection::new();
        let mut functions = 0;
        let mut has_memory = false;
        for payload in Parser::new(0).parse_all(binary) {
            let payload = payload?;
            let comes_later = matches!(payload, Payload::TagSection(_) | Payload::GlobalSection(_));
            if comes_later && !has_memory {
                module.section(MemorySection::new().memory(ONE_PAGE));
                has_memory = true;
            }
            match &payload {
                Payload::MemorySection(memories) => {
                    let mut section = MemorySection::new();
                    RoundtripReencoder.parse_memory_section(&mut section, memories.clone())?;
                    module.section(section.memory(ONE_PAGE));
                    has_memory = true;
                }
                Payload::GlobalSection(globals) => {
                    let mut section = GlobalSection::new();
                    RoundtripReencoder.parse_global_section(&mut section, globals.clone())?;
                    section.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
                    section.global(mutable(ValType::I64), &ConstExpr::i64_const(0));
                    module.section(&section);
                }
                Payload::CodeSectionStart { count, .. } => functions = *count,
                Payload::CodeSectionEntry(body) => {
                    self.function(&mut code, body)?;
                    if code.len() == functions {
                        module.section(&code);
                    }
                }
                other => {
                    if let Some((id, range)) = other.as_section() {
                        let data = &binary[range];
                        module.section(&RawSection { id, data });
                    }
                }
            }
        }
        Ok(module.finish())
    }

    fn function(&self, code: &mut CodeSection, body: &FunctionBody<'_>) -> Result<()> {
        let mut function = RoundtripReencoder.new_function_with_parsed_locals(body)?;
        for operator in body.get_operators_reader()? {
            self.operator(&mut function, operator?)?;
        }
        code.function(&function);
        Ok(())
    }

    fn operator(&self, function: &mut Function, operator: Operator<'_>) -> Result<()> {
        let (global, sets) = match operator {
            Operator::GlobalGet { global_index } => (global_index, false),
            Operator::GlobalSet { global_index } => (global_index, true),
            other => {
                function.instruction(&RoundtripReencoder.instruction(other)?);
                return Ok(());
            }
        };
        let same = RoundtripReencoder.instruction(operator)?;
        let Some(MovedGlobal { ty, at }) = self.location(global) else {
            function.instruction(&same);
            return Ok(());
        };
        let (load, store, xor, scratch) = match ty {
            ValType::I64 => (
                Instruction::I64Load(at),
                Instruction::I64Store(at),
                Instruction::I64Xor,
                self.scratch[1],
            ),
            _ => (
                Instruction::I32Load(at),
                Instruction::I32Store(at),
                Instruction::I32Xor,
                self.scratch[0],
            ),
        };
        let initial = Instruction::GlobalGet(global);
        let base = Instruction::I32Const(0);
        let instructions = if sets {
            vec![
                initial,
                xor,
                Instruction::GlobalSet(scratch),
                base,
                Instruction::GlobalGet(scratch),
                store,
            ]
        } else {
            vec![base, load, initial, xor]
        };
        for instruction in &instructions {
            function.instruction(instruction);
        }
        Ok(())
    }

    /// Returns the location of a global, if it is moved.
    fn location(&self, global: u32) -> Option<MovedGlobal> {
        const SIZE: u64 = 8;
        let index = self
            .module
            .moved
            .iter()
            .position(|&moved| moved == global)?;
        Some(MovedGlobal {
            ty: match self.module.globals[global as usize].content_type {
                wasmparser::ValType::I64 => ValType::I64,
                _ => ValType::I32,
            },
            at: MemArg {
                offset: index as u64 * SIZE,
                align: 2,
                memory_index: self.memory,
            },
        })
    }
}

/// One page of 64 KiB, enough for all globals that a module may have.
const ONE_PAGE: MemoryType = MemoryType {
    minimum: 1,
    maximum: Some(1),
    memory64: false,
    shared: false,
    page_size_log2: None,
};

const fn mutable(val_type: ValType) -> GlobalType {
    GlobalType {
        val_type,
        mutable: true,
        shared: false,
    }
}
