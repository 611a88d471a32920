/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lets kernel code record into a shared ring. Link against Module.symvers of
 * ivring.ko (KBUILD_EXTRA_SYMBOLS); using the symbol keeps the driver loaded.
 */
#ifndef IVRING_H
#define IVRING_H

#include <linux/types.h>

/**
 * ivring_write() - record one message in the ring of the CPU this runs on
 * @id: which device: the N of /dev/ivringN
 * @buf: the message; kernel memory that does not fault
 * @size: bytes, of which at most 256 KiB (IVRING_MESSAGE_BYTES_MAX) are recorded
 *
 * May be called in any context, NMI included: it takes no lock, allocates
 * nothing, and never sleeps.
 * A message longer than one record is recorded in parts, which the host joins.
 *
 * Return: bytes recorded, 0 if @size is 0, or
 * -EINVAL if @buf is NULL,
 * -ENODEV if there is no such device (any more),
 * -ENOBUFS if the record was dropped, which is counted: this call interrupts
 * another one that holds back the whole ring, or the mode is lossless and the
 * consumer has left no room,
 * -EAGAIN if RCU is not watching here (the idle loop, entry code).
 */
int ivring_write(int id, const void *buf, size_t size);

#endif /* IVRING_H */
