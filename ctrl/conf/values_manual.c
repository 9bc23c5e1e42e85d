// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/values_manual.h"

#include <errno.h>
#include <string.h>

#include "ctrl/conf/values.h"

#define PROPOSAL_MAX 64 /* with the NUL; longer than any we know */

/* What value_proposal() takes, for its errors; a test holds it to alg.h. */
#define KNOWN_ENCR                                                    \
	"aes128, aes192, aes256 (also with ctr, gcm16, gcm12, gcm8, " \
	"ccm16, ccm12, ccm8, gmac), chacha20poly1305, null, and the " \
	"weak 3des, des"
#define KNOWN_AH                                                     \
	"sha256, sha384, sha512, sha1, sha1_160, aesxcbc, aescmac, " \
	"aes128gmac, aes192gmac, aes256gmac, and the weak md5, md5_128"
#define KNOWN_INTEG                                                      \
	"sha256, sha384, sha512, sha1, sha1_160, aesxcbc, aescmac, and " \
	"the weak md5, md5_128"

VALUE_READER(value_address)
{
	struct addr *a = out;
	const char *reason;

	if (addr_parse(v->text, a))
		return value_fail_form(k, v, e);
	reason = is_mapped(v->text, a) ? "is IPv4 in the form of IPv6"
				       : addr_not_unicast(a);
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

/* Without a keyword it only encrypts, which not every cipher may. */
static int take_integ(struct manual_conf *m, const char *integ,
		      const struct value *v, struct error *e)
{
	const char *misfit;

	m->integ = integ ? integ_by_name(integ) : &integ_none;
	if (!m->integ)
		return value_fail(e, v, -EINVAL,
				  "has an unknown integrity keyword; known "
				  "are " KNOWN_INTEG);
	misfit = esp_pair_misfit(m->encr, m->integ);
	if (misfit)
		return value_fail(e, v, -EINVAL,
				  "can't be %s%s%s: %s; write %s-sha256",
				  m->encr->name, integ ? "-" : "",
				  integ ? m->integ->name : "", misfit,
				  m->encr->name);
	return 0;
}

/* An AEAD has its own. */
static int take_no_integ(struct manual_conf *m, const char *integ,
			 const struct value *v, struct error *e)
{
	m->integ = &integ_none;
	if (!integ)
		return 0;
	return value_fail(e, v, -EINVAL,
			  "has a keyword behind %s, which protects integrity "
			  "itself; write %s alone",
			  m->encr->name, m->encr->name);
}

/* Takes what the proposal says of sequence numbers off its end. */
static bool take_esn(char *text)
{
	char *last = strrchr(text, '-');
	bool esn = last && strcmp(last, "-esn") == 0;

	if (esn || (last && strcmp(last, "-noesn") == 0))
		*last = '\0';
	return esn;
}

VALUE_READER(value_proposal)
{
	struct manual_conf *m = out;
	char encr[PROPOSAL_MAX];
	char *integ, *more;
	int err;

	if (strlen(v->text) >= sizeof(encr) || strpbrk(v->text, ", \t\r\n"))
		return value_fail_form(k, v, e);
	m->protocol = IKE_PROTO_ESP;
	strcpy(encr, v->text);
	m->esn = take_esn(encr);
	integ = split(encr);
	m->encr = encr_by_name(encr);
	if (!m->encr)
		return value_fail(e, v, -EINVAL,
				  "has an unknown cipher; known are " KNOWN_ENCR);
	if (encr_is_aead(m->encr))
		return take_no_integ(m, integ, v, e);
	more = integ ? split(integ) : NULL;
	err = take_integ(m, integ, v, e);
	if (err)
		return err;
	if (more)
		return value_fail(e, v, -EINVAL,
				  "has more than a cipher and an integrity "
				  "keyword; write %s-%s",
				  m->encr->name, m->integ->name);
	return 0;
}

VALUE_READER(value_ah_proposal)
{
	struct manual_conf *m = out;
	char integ[PROPOSAL_MAX];
	char *more;

	if (strlen(v->text) >= sizeof(integ) || strpbrk(v->text, ", \t\r\n"))
		return value_fail_form(k, v, e);
	m->protocol = IKE_PROTO_AH;
	m->encr = encr_by_id(ENCR_NULL, 0);
	strcpy(integ, v->text);
	m->esn = take_esn(integ);
	more = split(integ);
	m->integ = integ_by_name(integ);
	if (!m->integ)
		return value_fail(e, v, -EINVAL,
				  "has an unknown integrity keyword, and AH "
				  "has no cipher; known are " KNOWN_AH);
	if (more)
		return value_fail(e, v, -EINVAL,
				  "has more than an integrity keyword; write "
				  "%s",
				  m->integ->name);
	return 0;
}
