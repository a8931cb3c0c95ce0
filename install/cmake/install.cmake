# cmake --install: programs and DLL in bin/, header, libraries and what finds them, documents.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/spawn_broker)
set(document_dir ${CMAKE_INSTALL_DATADIR}/doc/spawn_broker)

# Never the tests' programs, which enforce Windows' rules by themselves.
sb_shipped(spawn_broker SB_SPAWN_BROKER)
sb_shipped(spawnctl SB_SPAWNCTL)
sb_shipped(spawnbroker SB_SPAWNBROKER)

install(TARGETS ${SB_SPAWN_BROKER} spawn_broker_static EXPORT spawn_broker
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(NOT SB_CLIENT_ONLY)
    install(TARGETS ${SB_SPAWNCTL} ${SB_SPAWNBROKER} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(FILES client/lib/spawn_broker.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

install(EXPORT spawn_broker FILE spawn_broker-targets.cmake NAMESPACE spawn_broker:: DESTINATION
    ${package_dir})
configure_package_config_file(install/cmake/spawn_broker-config.cmake.in
    ${CMAKE_BINARY_DIR}/spawn_broker-config.cmake
    INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/spawn_broker-config-version.cmake
    COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_BINARY_DIR}/spawn_broker-config.cmake
    ${CMAKE_BINARY_DIR}/spawn_broker-config-version.cmake
    DESTINATION ${package_dir})

list(TRANSFORM SB_CLIENT_SYSTEM_LIBS PREPEND "-l" OUTPUT_VARIABLE pc_system_libs)
list(JOIN pc_system_libs " " pc_system_libs)
configure_file(install/cmake/spawn_broker.pc.in ${CMAKE_BINARY_DIR}/spawn_broker.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/spawn_broker.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE DESTINATION ${document_dir})
install(DIRECTORY docs/ DESTINATION ${document_dir}/docs FILES_MATCHING PATTERN "*.md" PATTERN "*.svg"
    PATTERN "*.png")
install(DIRECTORY client/examples/ DESTINATION ${document_dir}/client/examples
    FILES_MATCHING PATTERN "*.c" PATTERN "*.h" PATTERN "*.mjs" PATTERN "*.md")
install(FILES service/policy/policy.schema.json DESTINATION ${document_dir}/policy)
