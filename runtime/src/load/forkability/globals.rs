//! Moves globals into a memory of their module, where they are state like all
//! else.
//!
//! The memory holds in which bits a global differs from what it began as. So it
//! begins as zeros, and the global itself, which is never set any more, says the
//! rest.

use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, Encode, Function, GlobalSection, GlobalType, Instruction, MemArg,
    MemorySection, MemoryType, Module, RawSection, ValType,
};
use wasmparser::{BinaryReader, FunctionBody, Operator, Parser, Payload};

use super::module::Settled;

type Result<T> = std::result::Result<T, Error>;

/// The component with the globals moved that its modules, which are given in the
/// order in which they lie in it, want to be moved.
pub(super) fn moved(
    component: &[u8],
    modules: &mut dyn Iterator<Item = &Settled>,
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
                Some(module) => Moving::new(module).module(content)?.encode(&mut binary),
                None => content.encode(&mut binary),
            },
            COMPONENT => moved(content, modules)?.encode(&mut binary),
            _ => content.encode(&mut binary),
        }
    }
    Ok(binary)
}

/// How one module's globals are moved.
struct Moving<'a> {
    module: &'a Settled,
    /// The memory that they are moved to.
    memory: u32,
    /// A global of either type through which a value passes on its way: an
    /// address must lie below it on the stack.
    scratch: [u32; 2],
}

/// A global that is moved.
struct Place {
    ty: ValType,
    at: MemArg,
}

impl<'a> Moving<'a> {
    fn new(module: &'a Settled) -> Self {
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
        let Some(Place { ty, at }) = self.place(global) else {
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
        let began = Instruction::GlobalGet(global);
        let base = Instruction::I32Const(0);
        let instructions = if sets {
            vec![
                began,
                xor,
                Instruction::GlobalSet(scratch),
                base,
                Instruction::GlobalGet(scratch),
                store,
            ]
        } else {
            vec![base, load, began, xor]
        };
        for instruction in &instructions {
            function.instruction(instruction);
        }
        Ok(())
    }

    /// Where a global is moved to, if it is.
    fn place(&self, global: u32) -> Option<Place> {
        const SIZE: u64 = 8;
        let number = self
            .module
            .moved
            .iter()
            .position(|&moved| moved == global)?;
        Some(Place {
            ty: match self.module.globals[global as usize].content_type {
                wasmparser::ValType::I64 => ValType::I64,
                _ => ValType::I32,
            },
            at: MemArg {
                offset: number as u64 * SIZE,
                align: 2,
                memory_index: self.memory,
            },
        })
    }
}

/// Room for more globals than a module may have in 64 KiB.
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
