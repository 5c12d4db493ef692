//! NVIDIA GPUs.
//!
//! No CUDA library is linked. The driver, the kernel compiler and the headers that kernels include
//! are looked up when a GPU is asked for.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail, ensure};
use burn_cuda::CudaDevice;
use cudarc::driver::CudaContext;

/// Returns the GPU of that number if the driver, the compiler and the headers are present.
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
    // SAFETY: these are NVIDIA's libraries, which any program may load.
    let (driver, compiler) = unsafe {
        (
            cudarc::driver::sys::is_culib_present(),
            cudarc::nvrtc::sys::is_culib_present(),
        )
    };
    ensure!(
        driver,
        "the NVIDIA driver (libcuda.so) was not found: install it"
    );
    let count = match CudaContext::device_count() {
        Ok(count) => count as usize,
        Err(error) => bail!("no GPU was found ({error}): check nvidia-smi"),
    };
    ensure!(
        count > 0,
        "the driver reports no GPU: check CUDA_VISIBLE_DEVICES"
    );
    ensure!(
        number < count,
        "there are {count} GPUs, numbered from 0: use cuda:{}",
        count - 1
    );
    ensure!(
        compiler,
        "the kernel compiler (libnvrtc.so) was not found: install the CUDA toolkit and add its lib64 to LD_LIBRARY_PATH"
    );
    let header = include_folder().join("cuda_runtime.h");
    ensure!(
        header.exists(),
        "{} was not found, which kernels include: install the CUDA toolkit and set CUDA_PATH to its folder",
        header.display()
    );
    Ok(())
}

/// Returns the folder of CUDA's headers, found as `cubecl-cuda` finds it (`install::include_path`).
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
