#include "chorus/app/cli.hpp"

int main(int argc, char** argv) { return chorus::app::run_cli(argc, argv); }
