// SPDX-License-Identifier: MIT
/**
 * The functions that only the kernel has, and what they print.
 *
 * Where releases of Linux word the same fact differently, and the format does
 * not tell them apart, the words are those of one of them. Where numbers mean
 * different things, the function is not here, or does not tell for these
 * numbers.
 *
 * @module
 */
import { ATA } from "./functions/ata.ts";
import { BLOCK } from "./functions/block.ts";
import { DEVICES } from "./functions/devices.ts";
import { DWC3 } from "./functions/dwc3.ts";
import { ERRORS } from "./functions/errors.ts";
import { HFI1 } from "./functions/hfi1.ts";
import { IRDMA } from "./functions/irdma.ts";
import type { KernelFunction, Values } from "./functions/kernel_function.ts";
import { KVM } from "./functions/kvm.ts";
import { MLX5 } from "./functions/mlx5.ts";
import { NVME } from "./functions/nvme.ts";
import { SCSI } from "./functions/scsi.ts";
import { USB_CONTROL } from "./functions/usb_control.ts";
import { XEN } from "./functions/xen.ts";
import { XHCI } from "./functions/xhci.ts";

export type { KernelFunction, Values };

const ALL = [
  ATA,
  BLOCK,
  DEVICES,
  DWC3,
  ERRORS,
  HFI1,
  IRDMA,
  KVM,
  MLX5,
  NVME,
  SCSI,
  USB_CONTROL,
  XEN,
  XHCI,
];

/** All functions by their signature, see `KernelFunctions`. */
export const KERNEL_FUNCTIONS: ReadonlyMap<string, KernelFunction> = new Map(
  ALL.flatMap((functions) =>
    Object.entries(functions).flatMap(([signatures, print]) =>
      signatures.split("|").map((signature) => [signature, print] as const)
    )
  ),
);
