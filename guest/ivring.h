/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recording from kernel code into a shared ring. Link against Module.symvers of
 * ivring.ko (KBUILD_EXTRA_SYMBOLS); the symbol keeps the driver loaded.
 */
#ifndef IVRING_H
#define IVRING_H

#include <linux/types.h>

/**
 * ivring_write() - record one message in the ring of the CPU this runs on
 * @id: which device: the N of /dev/ivringN
 * @buf: the message; kernel memory that does not fault
 * @size: bytes; no more than 256 KiB (IVRING_MESSAGE_BYTES_MAX) are taken
 *
 * Any context, NMI included: takes no lock, allocates nothing, never sleeps.
 * A message longer than one record is recorded in parts, which the host joins.
 *
 * Return: bytes recorded, 0 if @size is 0, or
 * -EINVAL if @buf is NULL,
 * -ENODEV if there is no such device (any more),
 * -ENOBUFS if the record was dropped, which is counted: this call interrupts
 * another that holds back all of the ring,
 * -EAGAIN where RCU is not watching (the idle loop, entry code).
 */
int ivring_write(int id, const void *buf, size_t size);

#endif /* IVRING_H */
