// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/values_manual.h"

#include <errno.h>
#include <string.h>

#include "ctrl/conf/values.h"

#define PROPOSAL_MAX 64 /* with the NUL; longer than any we know */

/* What value_proposal() takes, for its errors; a test holds it to alg.h. */
#define KNOWN_ENCR  "aes128, aes192, aes256"
#define KNOWN_INTEG "sha1, sha256, sha384, sha512"

VALUE_READER(value_address)
{
	struct addr *a = out;
	const char *reason;

	if (addr_parse(v->text, a))
		return value_fail_form(k, v, e);
	if (strchr(v->text, ':'))
		return value_fail(e, v, -EINVAL,
				  "is IPv6, which is not supported yet; "
				  "it must be %s",
				  k->form);
	reason = not_unicast(a->octets[12]);
	if (reason)
		return value_fail(e, v, -EINVAL, "%s; it must be %s", reason,
				  k->form);
	return 0;
}

VALUE_READER(value_key)
{
	int err = secret_parse(v->text, out);

	if (err == -E2BIG)
		return value_fail(e, v, -EINVAL,
				  "is longer than %u octets, and so than any "
				  "key; it must be %s",
				  SECRET_MAX_BYTES, k->form);
	return err ? value_fail_form(k, v, e) : 0;
}

/* Ends word at its first '-' and returns what is behind it, or NULL. */
static char *split(char *word)
{
	char *dash = strchr(word, '-');

	if (!dash)
		return NULL;
	*dash = '\0';
	return dash + 1;
}

/*
 * A cipher with keys by hand must survive a sequence number, and so an IV,
 * used twice: the keys are the same after a restart.
 */
static int check_encr(const struct encr_alg *encr, const struct value *v,
		      struct error *e)
{
	if (!encr)
		return value_fail(e, v, -EINVAL,
				  "has an unknown cipher; known are " KNOWN_ENCR);
	if (!encr->counter_mode)
		return 0;
	return value_fail(e, v, -EINVAL,
			  "can't be %s with keys by hand: a counter-mode IV "
			  "used twice under one key reveals both packets "
			  "(RFC 8221 section 3), and keys by hand outlive a "
			  "restart; use a CBC proposal such as aes256-sha256",
			  encr->name);
}

VALUE_READER(value_proposal)
{
	struct manual_conf *m = out;
	char encr[PROPOSAL_MAX];
	char *integ, *more;
	int err;

	if (strlen(v->text) >= sizeof(encr) || strpbrk(v->text, ", \t\r\n"))
		return value_fail_form(k, v, e);
	strcpy(encr, v->text);
	integ = split(encr);
	m->encr = encr_by_name(encr);
	err = check_encr(m->encr, v, e);
	if (err)
		return err;
	if (!integ)
		return value_fail(e, v, -EINVAL,
				  "has a cipher without integrity; write "
				  "%s-sha256",
				  m->encr->name);
	more = split(integ);
	m->integ = integ_by_name(integ);
	if (!m->integ || m->integ->id == INTEG_NONE)
		return value_fail(e, v, -EINVAL,
				  "has an unknown integrity keyword; known "
				  "are " KNOWN_INTEG);
	if (more)
		return value_fail(e, v, -EINVAL,
				  "has more than a cipher and an integrity "
				  "keyword; write %s-%s",
				  m->encr->name, m->integ->name);
	return 0;
}
