/* app_pack: writes the application's definitions as one C file, for the build.
 *     app_pack OUT.c ROOT FILE…      paths in the table are relative to ROOT, a folder somewhere in the paths of the files
 * Text becomes string literals; the table is that of channel/app_files.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_text(FILE *out, FILE *in)
{
    int c, column = 0;
    fputs("\"", out);
    while ((c = getc(in)) != EOF) {
        if (c == '"' || c == '\\')
            column += fprintf(out, "\\%c", c);
        else if (c >= ' ' && c < 127 && c != '?')   /* ?: trigraphs */
            column += fprintf(out, "%c", c);
        else
            column += fprintf(out, "\\%03o", (unsigned)c);
        if (column > 140) {
            fputs("\"\n    \"", out);
            column = 0;
        }
    }
    fputs("\"", out);
}

static int put_file(FILE *out, const char *path, int i)
{
    FILE *in = fopen(path, "rb");
    if (!in)
        return perror(path), 1;
    fprintf(out, "static const char text_%d[] =\n    ", i);
    put_text(out, in);
    fputs(";\n", out);
    int failed = ferror(in);
    fclose(in);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("usage: app_pack OUT.c ROOT FILE...\n", stderr);
        return 2;
    }
    FILE *out = fopen(argv[1], "wb");
    if (!out)
        return perror(argv[1]), 1;
    fputs("/* Written by the build from app/; see tools/app_pack.c. */\n#include \"channel/app_files.h\"\n\n", out);
    for (int i = 3; i < argc; i++)
        if (put_file(out, argv[i], i))
            return 1;
    fputs("\nstatic const struct app_file table[] = {\n", out);
    for (int i = 3; i < argc; i++) {
        const char *at = strstr(argv[i], argv[2]);
        fprintf(out, "    { \"%s\", { text_%d, sizeof text_%d - 1 } },\n", at ? at + strlen(argv[2]) : argv[i], i, i);
    }
    fputs("};\n\nconst struct app_file *app_files(size_t *n)\n{\n    *n = sizeof table / sizeof table[0];\n    return table;\n}\n", out);
    if (fclose(out) != 0)
        return perror(argv[1]), 1;
    return 0;
}
