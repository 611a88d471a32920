// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaches the BPF program that is in execs.bpf.o. The kernel detaches it when this
 * process ends, which it does at a signal only.
 */
#include <stdio.h>
#include <unistd.h>
#include <bpf/libbpf.h>

int main(void)
{
	struct bpf_object *object = bpf_object__open_file("execs.bpf.o", NULL);
	struct bpf_program *program;

	/* libbpf itself says what is wrong. */
	if (!object || bpf_object__load(object))
		return 1;
	bpf_object__for_each_program(program, object)
		if (!bpf_program__attach(program))
			return 1;
	puts("attached");
	fflush(stdout);
	pause();
	return 0;
}
