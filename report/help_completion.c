/* help_completion.c - completion for bash, zsh and fish, from the tables of verbs and options.
 *
 * Each shell gets the verbs first, then the options of the verb that was typed, then what the
 * option before the cursor accepts: words of the vocabulary, files, interfaces, accounts.
 */
#include "report/help.h"

#include <string.h>

/* Text for single quotes of any of the three shells; our texts have no backslash in them. zsh takes
 * brackets and colons in descriptions for syntax. */
static void put_quoted(FILE *out, const char *text, const char *escaped)
{
    for (; *text; text++) {
        if (*text == '\'') {
            fputs("'\\''", out);
        } else if (strchr(escaped, *text)) {
            fprintf(out, "\\%c", *text);
        } else {
            fputc(*text, out);
        }
    }
}

static void put_words(FILE *out, const struct option_row *row, const char *behind)
{
    for (size_t i = 0; i < row->word_count; i++) {
        fprintf(out, "%s%s%s", i > 0 ? " " : "", row->words[i], behind);
    }
}

/* --limit takes PHASE=SECONDS: the words are the first half. */
static bool is_assignment(const struct option_row *row)
{
    return strchr(row->argument, '=') != NULL;
}

static void put_verb_names(FILE *out)
{
    for (size_t i = 0; i < RUN_VERBS; i++) {
        if (!run_verbs[i].planned) {
            fprintf(out, "%s ", run_verbs[i].name);
        }
    }
}

/* --- bash --- */

static void put_bash_argument(FILE *out, const struct option_row *row)
{
    if (row->letter) {
        fprintf(out, "    -%c|", row->letter);
    } else {
        fputs("    ", out);
    }
    fprintf(out, "--%s) ", row->name);
    switch (row->completion) {
    case COMPLETE_NOTHING:
        break;
    case COMPLETE_FILE:
        fputs("compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\")); ", out);
        break;
    case COMPLETE_WORDS:
        fputs(is_assignment(row) ? "compopt -o nospace; " : "", out);
        fputs("COMPREPLY=($(compgen -W \"", out);
        put_words(out, row, is_assignment(row) ? "=" : "");
        fputs("\" -- \"$cur\")); ", out);
        break;
    case COMPLETE_INTERFACE:
        fputs("COMPREPLY=($(compgen -W \"any $(ls /sys/class/net 2>/dev/null)\" -- \"$cur\")); ",
              out);
        break;
    case COMPLETE_USER:
        fputs("COMPREPLY=($(compgen -u -- \"$cur\")); ", out);
        break;
    }
    fputs("return ;;\n", out);
}

static void put_bash_options(FILE *out, const struct run_verb *verb)
{
    fprintf(out, "    %s) options=\"", verb->name);
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (help_shows(row, verb)) {
            if (row->letter) {
                fprintf(out, "-%c ", row->letter);
            }
            fprintf(out, "--%s ", row->name);
        }
    }
    fputs("\" ;;\n", out);
}

void help_bash(FILE *out)
{
    fputs("# bash completion for wiretale; made from its table of options.\n"
          "_wiretale()\n{\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} options=\n"
          "    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "        COMPREPLY=($(compgen -W \"",
          out);
    put_verb_names(out);
    fputs("--help --version\" -- \"$cur\"))\n        return\n    fi\n    case $prev in\n", out);
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].argument && !option_rows[i].planned) {
            put_bash_argument(out, &option_rows[i]);
        }
    }
    fputs("    esac\n    case ${COMP_WORDS[1]} in\n", out);
    for (size_t i = 0; i < RUN_VERBS; i++) {
        if (!run_verbs[i].planned) {
            put_bash_options(out, &run_verbs[i]);
        }
    }
    fputs("    *) return ;;\n    esac\n"
          "    case $cur in\n"
          "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")) ;;\n"
          "    *)  if [ \"${COMP_WORDS[1]}\" = rules ]; then\n"
          "            COMPREPLY=($(compgen -W \"$(wiretale --generate rules 2>/dev/null)\""
          " -- \"$cur\"))\n"
          "        else\n"
          "            compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))\n"
          "        fi ;;\n"
          "    esac\n}\ncomplete -F _wiretale wiretale\n",
          out);
}

/* --- zsh --- */

static void put_zsh_argument(FILE *out, const struct option_row *row)
{
    fprintf(out, ":%s:", row->argument);
    switch (row->completion) {
    case COMPLETE_NOTHING:
        break;
    case COMPLETE_FILE:
        fputs("_files", out);
        break;
    case COMPLETE_WORDS:
        fputs(is_assignment(row) ? "_values -S = phase " : "(", out);
        put_words(out, row, "");
        fputs(is_assignment(row) ? "" : ")", out);
        break;
    case COMPLETE_INTERFACE:
        fputs("_net_interfaces", out);
        break;
    case COMPLETE_USER:
        fputs("_users", out);
        break;
    }
}

static void put_zsh_option(FILE *out, const struct option_row *row)
{
    fputs(" \\\n                ", out);
    if (row->letter && !row->repeatable) {
        fprintf(out, "'(-%c --%s)'{-%c,--%s}'[", row->letter, row->name, row->letter, row->name);
    } else if (row->letter) {
        fprintf(out, "'*'{-%c,--%s}'[", row->letter, row->name);
    } else {
        fprintf(out, "'%s--%s[", row->repeatable ? "*" : "", row->name);
    }
    put_quoted(out, row->help, "[]:");
    fputs("]", out);
    if (row->argument) {
        put_zsh_argument(out, row);
    }
    fputs("'", out);
}

static void put_zsh_verb(FILE *out, const struct run_verb *verb)
{
    fprintf(out, "        %s)\n            _arguments", verb->name);
    for (size_t i = 0; i < option_row_count; i++) {
        if (help_shows(&option_rows[i], verb)) {
            put_zsh_option(out, &option_rows[i]);
        }
    }
    fputs(verb->run == RUN_RULES
              ? " \\\n                '1:rule:($(wiretale --generate rules 2>/dev/null))' ;;\n"
          : verb->run == RUN_LIVE ? " ;;\n"
                                  : " \\\n                '*:capture:_files' ;;\n",
          out);
}

void help_zsh(FILE *out)
{
    fputs("#compdef wiretale\n# zsh completion for wiretale; made from its table of options.\n"
          "_wiretale() {\n    local curcontext=$curcontext state line\n"
          "    _arguments -C '(- *)--help[help]' '(- *)--version[version]' \\\n"
          "        '1:verb:((",
          out);
    for (size_t i = 0; i < RUN_VERBS; i++) {
        if (!run_verbs[i].planned) {
            fprintf(out, "%s\\:\"", run_verbs[i].name);
            put_quoted(out, run_verbs[i].help, "");
            fputs("\" ", out);
        }
    }
    fputs("))' '*::argument:->rest'\n    case $state in\n    rest)\n        case $words[1] in\n",
          out);
    for (size_t i = 0; i < RUN_VERBS; i++) {
        if (!run_verbs[i].planned) {
            put_zsh_verb(out, &run_verbs[i]);
        }
    }
    fputs("        esac ;;\n    esac\n}\n_wiretale \"$@\"\n", out);
}

/* --- fish --- */

static void put_fish_option(FILE *out, const struct option_row *row)
{
    fputs("complete -c wiretale -n '__fish_seen_subcommand_from", out);
    for (size_t i = 0; i < RUN_VERBS; i++) {
        if (!run_verbs[i].planned && help_shows(row, &run_verbs[i])) {
            fprintf(out, " %s", run_verbs[i].name);
        }
    }
    fputs("'", out);
    if (row->letter) {
        fprintf(out, " -s %c", row->letter);
    }
    fprintf(out, " -l %s", row->name);
    switch (row->completion) {
    case COMPLETE_NOTHING:
        fputs(row->argument ? " -x" : "", out);
        break;
    case COMPLETE_FILE:
        fputs(" -r", out);
        break;
    case COMPLETE_WORDS:
        fputs(" -x -a '", out);
        put_words(out, row, is_assignment(row) ? "=" : "");
        fputs("'", out);
        break;
    case COMPLETE_INTERFACE:
        fputs(" -x -a 'any (__fish_print_interfaces)'", out);
        break;
    case COMPLETE_USER:
        fputs(" -x -a '(__fish_complete_users)'", out);
        break;
    }
    fputs(" -d '", out);
    put_quoted(out, row->help, "");
    fputs("'\n", out);
}

void help_fish(FILE *out)
{
    fputs("# fish completion for wiretale; made from its table of options.\n"
          "complete -c wiretale -n __fish_use_subcommand -f\n",
          out);
    for (size_t i = 0; i < RUN_VERBS; i++) {
        if (!run_verbs[i].planned) {
            fprintf(out, "complete -c wiretale -n __fish_use_subcommand -a %s -d '",
                    run_verbs[i].name);
            put_quoted(out, run_verbs[i].help, "");
            fputs("'\n", out);
        }
    }
    for (size_t i = 0; i < option_row_count; i++) {
        if (!option_rows[i].planned) {
            put_fish_option(out, &option_rows[i]);
        }
    }
    fputs("complete -c wiretale -n '__fish_seen_subcommand_from rules' -f"
          " -a '(wiretale --generate rules 2>/dev/null)'\n"
          "complete -c wiretale -n '__fish_seen_subcommand_from live' -f\n",
          out);
}
