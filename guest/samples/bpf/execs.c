// SPDX-License-Identifier: GPL-2.0-only
/* Attaches the sample, execs.bpf.o, and keeps it attached until it is told to end. */
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
