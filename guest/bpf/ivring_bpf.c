// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lets BPF programs record into a ring: bpf_ivring_write() is ivring_write() for them.
 * It is a module of its own, because it can be built only where the kernel's type
 * information (BTF) is there, and because the driver itself does not need it.
 */
#define pr_fmt(fmt)	KBUILD_MODNAME ": " fmt

#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/module.h>

#include "ivring.h"

#ifndef __bpf_kfunc /* before Linux 6.3 */
#define __bpf_kfunc		__used noinline
#endif
#ifndef BTF_KFUNCS_START /* before Linux 6.9 */
#define BTF_KFUNCS_START(name)	BTF_SET8_START(name)
#define BTF_KFUNCS_END(name)	BTF_SET8_END(name)
#endif

/**
 * bpf_ivring_write() - record one message in the ring of the CPU this runs on
 * @id: which device: the N of /dev/ivringN
 * @buf: the message; memory that the program may write, as the verifier demands
 * @buf__sz: bytes; by this name the verifier checks that they may be read
 *
 * Return: the same as ivring_write().
 */
int bpf_ivring_write(int id, const void *buf, u32 buf__sz);

__bpf_kfunc int bpf_ivring_write(int id, const void *buf, u32 buf__sz)
{
	return ivring_write(id, buf, buf__sz);
}

BTF_KFUNCS_START(ivring_kfuncs)
BTF_ID_FLAGS(func, bpf_ivring_write)
BTF_KFUNCS_END(ivring_kfuncs)

static const struct btf_kfunc_id_set ivring_kfunc_set = {
	.owner = THIS_MODULE,
	.set = &ivring_kfuncs,
};

static int __init ivring_bpf_init(void)
{
	/*
	 * Programs of fentry, fexit and tp_btf. Kernels that let further programs of
	 * tracing call such functions count most of them among these.
	 */
	int ret = register_btf_kfunc_id_set(BPF_PROG_TYPE_TRACING, &ivring_kfunc_set);

	if (ret)
		return ret;
	/* Kprobes have a set of their own in later kernels, and none in earlier ones. */
	if (register_btf_kfunc_id_set(BPF_PROG_TYPE_KPROBE, &ivring_kfunc_set))
		pr_info("kprobes cannot call bpf_ivring_write() in this kernel\n");
	return 0;
}
module_init(ivring_bpf_init);

/* The kernel forgets the set together with the module; each program holds it meanwhile. */
static void __exit ivring_bpf_exit(void)
{
}
module_exit(ivring_bpf_exit);

MODULE_DESCRIPTION("Lets BPF programs record into rings shared with the host");
MODULE_AUTHOR("The IVRing project");
MODULE_LICENSE("GPL");
