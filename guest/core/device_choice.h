/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decides which devices the driver takes, by the module's parameters and by the kind of
 * machine. Builds in the kernel and in user space.
 */
#ifndef IVRING_CHOICE_H
#define IVRING_CHOICE_H

#include "port.h"

/**
 * struct ivring_wish - what the module's parameters say
 * @devices: full PCI names with commas between them; empty for all devices
 * @force: whether to format those that @devices names, whatever they hold
 * @confidential: whether to record although the guest's memory is kept from its host
 */
struct ivring_wish {
	char *devices;
	bool force;
	bool confidential;
};

/**
 * enum ivring_choice - what becomes of a device
 * @IVRING_CHOICE_TAKE: it is taken if its memory is empty, or ours
 * @IVRING_CHOICE_FORCE: it is taken, whatever its memory holds
 * @IVRING_CHOICE_OTHER: it is left alone, because others were chosen
 * @IVRING_CHOICE_CONFIDENTIAL: it is left alone, because the guest hides its memory
 *	from its host, and nobody has allowed to hand over what is recorded
 */
enum ivring_choice {
	IVRING_CHOICE_TAKE,
	IVRING_CHOICE_FORCE,
	IVRING_CHOICE_OTHER,
	IVRING_CHOICE_CONFIDENTIAL,
};

/**
 * ivring_choose() - decide about a device
 * @wish: what the module's parameters say
 * @name: the device's PCI name
 * @encrypted: whether the guest keeps its memory from its host (SEV, TDX, CCA)
 *
 * A device is named only by its full address, and only devices that are named are
 * forced, so that no device is formatted by accident.
 *
 * Return: what becomes of it.
 */
enum ivring_choice ivring_choose(const struct ivring_wish *wish, const char *name,
				 bool encrypted);

/**
 * ivring_choice_wrong() - find what is not a PCI name in a list of them
 * @devices: the list, as struct ivring_wish has it
 * @bytes: gets the length of the wrong text, which is 0 if a name is missing
 *
 * Return: where it begins, or NULL if all is right.
 */
const char *ivring_choice_wrong(const char *devices, u32 *bytes);

#endif /* IVRING_CHOICE_H */
