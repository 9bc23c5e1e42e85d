// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/values_updown.h"

#include <errno.h>
#include <string.h>

#include "ctrl/conf/values.h"

#define BLANKS " \t\r\n"

/* What a shell would act on. */
#define OF_SHELLS "\"'`$&|;<>(){}[]*?!~\\#"

/* Its words, with one blank between any two. False: too long. */
static bool put_words(const char *text, char out[UPDOWN_MAX])
{
	size_t len = 0;

	for (text += strspn(text, BLANKS); *text; text += strspn(text, BLANKS)) {
		size_t word = strcspn(text, BLANKS);

		if (len + word + 2 > UPDOWN_MAX)
			return false;
		if (len)
			out[len++] = ' ';
		memcpy(out + len, text, word);
		len += word;
		text += word;
	}
	out[len] = '\0';
	return true;
}

/* strongSwan gives it to a shell; here it is a program and its words. */
VALUE_READER(value_updown)
{
	char words[UPDOWN_MAX];

	if (strpbrk(v->text, OF_SHELLS))
		return value_fail(e, v, -EINVAL,
				  "has a character that a shell would act on, "
				  "and no shell runs it; write that into a "
				  "script, and the script's path here");
	if (!put_words(v->text, words) || words[0] != '/')
		return value_fail_form(k, v, e);
	strcpy(out, words);
	return 0;
}
