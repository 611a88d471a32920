// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sample: reports to the host each program that is started in the guest, as a line
 * of text.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* What ivring_bpf.ko offers. */
extern int bpf_ivring_write(int id, const void *buf, __u32 buf__sz) __ksym;

/* The N of /dev/ivringN. */
#define DEVICE	0

/* The kernel's, as far as it is used here: libbpf finds out where the field lies. */
struct linux_binprm {
	const char *filename;
} __attribute__((preserve_access_index));

SEC("tp_btf/sched_process_exec")
int BPF_PROG(execs, void *task, int old_pid, struct linux_binprm *started)
{
	char text[256] = {};
	long bytes;

	/* Counts the 0 at the end, and what there was no room for. */
	bytes = BPF_SNPRINTF(text, sizeof(text), "exec %d %s\n",
			     (int)(bpf_get_current_pid_tgid() >> 32), started->filename);
	if (bytes < 2)
		return 0;
	if (bytes > (long)sizeof(text))
		bytes = sizeof(text);
	/* Never waits; returns the bytes recorded, or a negative error. */
	bpf_ivring_write(DEVICE, text, bytes - 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
