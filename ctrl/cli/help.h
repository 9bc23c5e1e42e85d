/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each command says of itself: `Usage:`, paragraphs, options that begin with
 * two spaces and a dash, and `Example`. tools/man-page makes a manual page of
 * that form.
 */
#ifndef CYG_CLI_HELP_H
#define CYG_CLI_HELP_H

/* Before and behind the list of commands. */
extern const char help_general_head[];
extern const char help_general_tail[];

extern const char help_status[];
extern const char help_policy[];
extern const char help_counters[];
extern const char help_reload[];
extern const char help_why[];
extern const char help_top[];
extern const char help_watch[];
extern const char help_log[];
extern const char help_check[];
extern const char help_debug[];
extern const char help_init[];
extern const char help_completion[];
extern const char help_doctor[];
extern const char help_drops[];
extern const char help_capture[];
extern const char help_algorithms[];
extern const char help_version[];
extern const char help_sa[];
extern const char help_sa_add[];
extern const char help_sa_delete[];
extern const char help_up[];
extern const char help_down[];
extern const char help_rekey[];
extern const char help_reauth[];
extern const char help_explain[];

#endif
