//! NVIDIA GPUs. Nothing of CUDA is linked: its driver, its compiler and the headers that
//! kernels include are looked for when a GPU is asked for.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail, ensure};
use burn_cuda::CudaDevice;
use cudarc::driver::CudaContext;

/// The GPU of that number, if everything is there that kernels need.
pub(super) fn find(number: usize) -> Result<CudaDevice> {
    match look(number) {
        Ok(()) => Ok(CudaDevice::new(number)),
        Err(why) => Err(anyhow!(
            "device cuda:{number}: {why}, or use the device cpu"
        )),
    }
}

pub(super) fn taken(number: usize) -> Result<u64> {
    let (free, total) = CudaContext::new(number)?.mem_get_info()?;
    Ok((total - free) as u64)
}

pub(super) fn name(number: usize) -> Result<String> {
    Ok(CudaContext::new(number)?.name()?)
}

fn look(number: usize) -> Result<()> {
    #[expect(unsafe_code, reason = "loads libraries, whose initialisers run")]
    // SAFETY: the libraries are NVIDIA's, which expect to be loaded by any program.
    let (driver, compiler) = unsafe {
        (
            cudarc::driver::sys::is_culib_present(),
            cudarc::nvrtc::sys::is_culib_present(),
        )
    };
    ensure!(
        driver,
        "no GPU was found, for there is no driver of NVIDIA's (libcuda.so): install it"
    );
    let count = match CudaContext::device_count() {
        Ok(count) => count as usize,
        Err(error) => bail!("no GPU was found ({error}): look whether nvidia-smi shows one"),
    };
    ensure!(
        count > 0,
        "the driver sees no GPU: look at CUDA_VISIBLE_DEVICES"
    );
    ensure!(
        number < count,
        "there are {count} GPUs, numbered from 0: use cuda:{}",
        count - 1
    );
    ensure!(
        compiler,
        "the compiler of kernels (libnvrtc.so) was not found: install CUDA's toolkit, and put its lib64 into LD_LIBRARY_PATH"
    );
    let header = include_folder().join("cuda_runtime.h");
    ensure!(
        header.exists(),
        "{} is not there, which kernels include: install CUDA's toolkit, and name its folder in CUDA_PATH",
        header.display()
    );
    Ok(())
}

/// Where kernels' headers are looked for by those who compile them (cubecl-cuda,
/// `install::include_path`).
fn include_folder() -> PathBuf {
    let root = match std::env::var_os("CUDA_PATH") {
        Some(path) => path.into(),
        None => {
            let usual = ["/usr/local/cuda", "/opt/cuda"].map(PathBuf::from);
            usual
                .into_iter()
                .find(|path| path.exists())
                .unwrap_or_else(|| "/usr".into())
        }
    };
    root.join("include")
}
