# What `cmake --install` puts where, and the Debian package that CPack makes of it (`./run package`).
include(GNUInstallDirs)

install(TARGETS cairn RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES README.md LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
install(DIRECTORY docs/reference DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Completion scripts come from the program itself: they cannot fall behind its options.
set(completions ${CMAKE_BINARY_DIR}/completions)
add_custom_command(
  OUTPUT ${completions}/cairn ${completions}/_cairn ${completions}/cairn.fish
  COMMAND ${CMAKE_COMMAND} -E make_directory ${completions}
  COMMAND cairn completion bash > ${completions}/cairn
  COMMAND cairn completion zsh > ${completions}/_cairn
  COMMAND cairn completion fish > ${completions}/cairn.fish
  DEPENDS cairn
  COMMENT "Writing completion scripts")
add_custom_target(completions DEPENDS ${completions}/cairn ${completions}/_cairn ${completions}/cairn.fish)
install(FILES ${completions}/cairn DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions OPTIONAL)
install(FILES ${completions}/_cairn DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions OPTIONAL)
install(FILES ${completions}/cairn.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d OPTIONAL)

find_program(CAIRN_LOWDOWN lowdown)
if(CAIRN_LOWDOWN)
  set(man ${CMAKE_BINARY_DIR}/man)
  file(GLOB pages CONFIGURE_DEPENDS docs/reference/*.md)
  add_custom_command(
    OUTPUT ${man}/made
    COMMAND ${CMAKE_SOURCE_DIR}/tools/make_man.sh ${PROJECT_VERSION} ${man}
    COMMAND ${CMAKE_COMMAND} -E touch ${man}/made
    DEPENDS ${pages} tools/make_man.sh
    COMMENT "Making manual pages")
  add_custom_target(man DEPENDS ${man}/made)
  install(DIRECTORY ${man}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")
  install(DIRECTORY ${man}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man7 FILES_MATCHING PATTERN "*.7")
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME cairn)
set(CPACK_PACKAGE_VENDOR "The Cairn authors")
set(CPACK_PACKAGE_CONTACT "The Cairn authors <security@cairn.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "AWS security monitoring on your own machine")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Cairn reads CloudTrail logs, tells what happened in them with Sigma rules,
groups it into findings a person can read, and writes reports and exports
for other tools. One program, no network, no configuration.")
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CAIRN_PRIVATE_LIBRARIES})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
include(CPack)
