/* SPDX-License-Identifier: MIT */
/*
 * The names that the kernel's print formats use. Generated programs include this header
 * alone, which defines no more names than it has to, because theirs are the kernel's.
 */
#ifndef KERNEL_NAMES_H
#define KERNEL_NAMES_H
#include "kernel_print.h"

typedef int8_t s8, __s8;
typedef uint8_t u8, __u8;
typedef int16_t s16, __s16;
typedef uint16_t u16, __u16, __le16, __be16;
typedef int32_t s32, __s32;
typedef uint32_t u32, __u32, __le32, __be32;
typedef long long s64, __s64;
typedef unsigned long long u64, __u64, __le64, __be64;
/* Those which casts in print formats name; source: linux/types.h and their users. */
typedef int pid_t;
typedef unsigned int uid_t;
typedef unsigned int gid_t;
typedef u32 dev_t;
typedef unsigned short umode_t;
typedef unsigned int gfp_t;
typedef long long loff_t;
typedef long ssize_t;
typedef u64 sector_t;
typedef u64 blkcnt_t;
typedef unsigned long ino_t;
typedef u64 dma_addr_t;
typedef u64 phys_addr_t;
typedef u64 resource_size_t;
typedef unsigned long pgoff_t;
typedef s64 ktime_t;
typedef long long time64_t;
typedef unsigned int fmode_t;
typedef u32 blk_opf_t;
typedef int __kernel_rwf_t;
typedef u32 OM_uint32;
typedef unsigned long ulong;
typedef unsigned int uint;
typedef unsigned short ushort;
#define bool _Bool
#define true 1
#define false 0
#define __force
#define __user
#define __maybe_unused

/* A table's values are unsigned longs, which have 64 bits here. */
#define __print_flags(value, delimiter, ...) ({					\
	const struct trace_print_flags_u64 kp_names[] = {				\
		__VA_ARGS__ __VA_OPT__(,) { -1, NULL } };				\
	kp_flags(p, delimiter, (unsigned long)(value), kp_names); })
#define __print_symbolic(value, ...) ({						\
	const struct trace_print_flags_u64 kp_names[] = {				\
		__VA_ARGS__ __VA_OPT__(,) { -1, NULL } };				\
	kp_symbolic(p, (unsigned long)(value), kp_names); })
#define __print_flags_u64	__print_flags
#define __print_symbolic_u64	__print_symbolic
#define __print_hex(at, count)		kp_hex(p, at, count, false)
#define __print_hex_str(at, count)	kp_hex(p, at, count, true)
#define __print_array(at, count, size)	kp_array(p, at, count, size)
#define __print_dynamic_array(field, size) \
	kp_array(p, __get_dynamic_array(field), \
		 __get_dynamic_array_len(field) / (size), size)
#define __print_hex_dump(prefix, kind, row, group, at, count, ascii) \
	kp_hex_dump(p, prefix, kind, row, group, at, count, ascii)
#define __print_ns_to_secs(value)	((u64)(value) / 1000000000ull)
#define __print_ns_without_secs(value)	((u32)((u64)(value) % 1000000000ull))

/* A dynamic field's word has its place in the low half, and its length in the high one. */
#define __get_dynamic_array(field) \
	((void *)((char *)REC + (REC->__data_loc_##field & 0xffff)))
#define __get_dynamic_array_len(field)	((REC->__data_loc_##field >> 16) & 0xffff)
#define __get_str(field)		((char *)__get_dynamic_array(field))
#define __get_sockaddr(field)		((struct sockaddr *)__get_dynamic_array(field))
#define __get_bitmask(field) \
	kp_bitmask(p, __get_dynamic_array(field), __get_dynamic_array_len(field))
#define __get_cpumask(field)		__get_bitmask(field)
/* A relative one counts from behind its word. */
#define __get_rel_dynamic_array(field) \
	((void *)((char *)(&REC->__rel_loc_##field + 1) + \
		  (REC->__rel_loc_##field & 0xffff)))
#define __get_rel_dynamic_array_len(field)	((REC->__rel_loc_##field >> 16) & 0xffff)
#define __get_rel_str(field)		((char *)__get_rel_dynamic_array(field))
#define __get_rel_sockaddr(field)	((struct sockaddr *)__get_rel_dynamic_array(field))
#define __get_rel_bitmask(field) \
	kp_bitmask(p, __get_rel_dynamic_array(field), __get_rel_dynamic_array_len(field))
#define __get_rel_cpumask(field)	__get_rel_bitmask(field)

/* Helpers whose whole meaning is in their names, or in the kernel's documents. */
#define __le16_to_cpup(at)	(*(const u16 *)(at))
#define __le32_to_cpup(at)	(*(const u32 *)(at))
#define __le64_to_cpup(at)	(*(const u64 *)(at))
#define str_yes_no(value)	((value) ? "yes" : "no")
#define str_on_off(value)	((value) ? "on" : "off")
#define str_enabled_disabled(value)	((value) ? "enabled" : "disabled")
/* A page table's entry is a structure of one number. */
#define native_make_pte(value)	(value)
#define native_make_pmd(value)	(value)
#define native_make_pud(value)	(value)
#define native_make_p4d(value)	(value)
#define native_make_pgd(value)	(value)
#define pte_val(entry)		(entry)
#define pmd_val(entry)		(entry)
#define pud_val(entry)		(entry)
#define p4d_val(entry)		(entry)
#define pgd_val(entry)		(entry)

#endif
