/* main.c - the program on one screen: verb, chain, exit status. */
#include <stdio.h>

int main(void)
{
    fputs("wiretale: nothing works yet\n", stderr);
    return 2;
}
