// SPDX-License-Identifier: MIT
/**
 * What KVM's formats for shadow pages print with statements of their own.
 * Source: the kernel's arch/x86/kvm/mmu/mmutrace.h, with
 * arch/x86/include/asm/kvm_host.h.
 *
 * @module
 */
import {
  bitsOf,
  hex,
  type KernelFunction,
  type KernelFunctions,
  u32,
  u8,
} from "./kernel_function.ts";

/** How a page's role is laid out in a number. */
interface Layout {
  /** What the bit says that is set for small entries, or for large ones. */
  readonly entryBytes: readonly [clear: number, set: number];
  /** The letters of each combination of permissions. */
  readonly access: readonly string[];
  /** Which bit says that there are no accessed and dirty bits. */
  readonly withoutAccessedBit: number;
}

const THREE_LETTERS = "--- --x w-- w-x -u- -ux wu- wux".split(" ");
const FOUR_LETTERS = ("---- r--- -w-- rw-- --u- r-u- -wu- rwu- " +
  "---x r--x -w-x rw-x --ux r-ux -wux rwux").split(" ");

/** Makes the function of a page's generation, frame, role, roots and state. */
function page(layout: Layout): KernelFunction {
  const { entryBytes, access, withoutAccessedBit } = layout;
  const accessBits = access.length === 8 ? 3 : 4;
  const invalid = 8 + accessBits;
  return ({ numbers: [generation, frame, word, roots, unsync] }) => {
    const role = u32(word);
    const bit = (at: number) => bitsOf(role, at, 1) === 1;
    return `sp gen ${u32(generation)} ` +
      `gfn ${hex(BigInt.asUintN(64, frame))} l${bitsOf(role, 0, 4)} ` +
      `${entryBytes[bitsOf(role, 4, 1)]}-byte q${bitsOf(role, 5, 2)}` +
      `${bit(7) ? " direct" : ""} ${access[bitsOf(role, 8, accessBits)]}` +
      `${bit(invalid) ? " invalid" : ""} ${bit(invalid + 1) ? "" : "!"}nxe ` +
      `${bit(withoutAccessedBit) ? "!" : ""}ad root ${u32(roots)} ` +
      (u8(unsync) === 0 ? "sync" : "unsync");
  };
}

/**
 * The functions of statements, see `print_statements.ts`: with the bit for
 * large entries, with that for small ones, and with four permissions.
 */
export const KVM: KernelFunctions = {
  "kvm_mmu_page_8(nnnnn)": page({
    entryBytes: [4, 8],
    access: THREE_LETTERS,
    withoutAccessedBit: 16,
  }),
  "kvm_mmu_page(nnnnn)": page({
    entryBytes: [8, 4],
    access: THREE_LETTERS,
    withoutAccessedBit: 16,
  }),
  "kvm_mmu_page_rwux(nnnnn)": page({
    entryBytes: [8, 4],
    access: FOUR_LETTERS,
    withoutAccessedBit: 16,
  }),
};
