-- What wixl has no element for: one statement a line. msi.sh replaces @PRIVILEGES@ by the list of service/win32/service_settings.h.
-- PATH for all users gets the directory of the programs; it goes with the product.
CREATE TABLE `Environment` (`Environment` CHAR(72) NOT NULL, `Name` CHAR(255) NOT NULL LOCALIZABLE, `Value` CHAR(255) LOCALIZABLE, `Component_` CHAR(72) NOT NULL PRIMARY KEY `Environment`)
INSERT INTO `Environment` (`Environment`, `Name`, `Value`, `Component_`) VALUES ('Path', '=-*PATH', '[~];[BINDIR]', 'Tool')
INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('WriteEnvironmentStrings', 5200)
INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('RemoveEnvironmentStrings', 3300)
-- The service's further settings, by SERVICE_CONFIG_...: 3 delayed start, 4 recovery also after an error, 5 SID (1 is unrestricted), 6 required privileges, 7 milliseconds before a shutdown. Event 5 is installation (1) and repair (4).
CREATE TABLE `MsiServiceConfig` (`MsiServiceConfig` CHAR(72) NOT NULL, `Name` CHAR(255) NOT NULL, `Event` SHORT NOT NULL, `ConfigType` LONG NOT NULL, `Argument` CHAR(0), `Component_` CHAR(72) NOT NULL PRIMARY KEY `MsiServiceConfig`)
INSERT INTO `MsiServiceConfig` (`MsiServiceConfig`, `Name`, `Event`, `ConfigType`, `Argument`, `Component_`) VALUES ('DelayedStart', 'SpawnBroker', 5, 3, '1', 'Broker')
INSERT INTO `MsiServiceConfig` (`MsiServiceConfig`, `Name`, `Event`, `ConfigType`, `Argument`, `Component_`) VALUES ('RecoveryFromErrors', 'SpawnBroker', 5, 4, '1', 'Broker')
INSERT INTO `MsiServiceConfig` (`MsiServiceConfig`, `Name`, `Event`, `ConfigType`, `Argument`, `Component_`) VALUES ('ServiceSid', 'SpawnBroker', 5, 5, '1', 'Broker')
INSERT INTO `MsiServiceConfig` (`MsiServiceConfig`, `Name`, `Event`, `ConfigType`, `Argument`, `Component_`) VALUES ('RequiredPrivileges', 'SpawnBroker', 5, 6, '@PRIVILEGES@', 'Broker')
INSERT INTO `MsiServiceConfig` (`MsiServiceConfig`, `Name`, `Event`, `ConfigType`, `Argument`, `Component_`) VALUES ('Preshutdown', 'SpawnBroker', 5, 7, '60000', 'Broker')
-- Recovery: started again (1) after 5 seconds, 30 seconds, then every 5 minutes; failures are forgotten after a day.
CREATE TABLE `MsiServiceConfigFailureActions` (`MsiServiceConfigFailureActions` CHAR(72) NOT NULL, `Name` CHAR(255) NOT NULL, `Event` SHORT NOT NULL, `ResetPeriod` LONG, `RebootMessage` CHAR(255) LOCALIZABLE, `Command` CHAR(255) LOCALIZABLE, `Actions` CHAR(0), `DelayActions` CHAR(0), `Component_` CHAR(72) NOT NULL PRIMARY KEY `MsiServiceConfigFailureActions`)
INSERT INTO `MsiServiceConfigFailureActions` (`MsiServiceConfigFailureActions`, `Name`, `Event`, `ResetPeriod`, `Actions`, `DelayActions`, `Component_`) VALUES ('Recovery', 'SpawnBroker', 5, 86400, '1[~]1[~]1', '5000[~]30000[~]300000', 'Broker')
INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('MsiConfigureServices', 5850)
-- Properties: what the command line says, else what was there; after AppSearch, before conditions of components are evaluated.
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('KeepPipeName', 'NOT PIPENAME AND REMEMBERED_PIPENAME', 410)
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('KeepDataDirectory', 'NOT DATADIR AND REMEMBERED_DATADIR', 411)
INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('SetInstallLocation', 1010)
INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('SetReadme', 1011)
UPDATE `Property` SET `Value` = 'PIPENAME;DATADIR;REMEMBERED_PIPENAME;REMEMBERED_DATADIR;WIX_DOWNGRADE_DETECTED;WIX_UPGRADE_DETECTED' WHERE `Property` = 'SecureCustomProperties'
-- The older version goes right after InstallInitialize, so that a failure brings it back, but leaves the service registered: the new one finds it and changes it. A program that has the service open, such as services.msc, can then not lose it.
UPDATE `InstallExecuteSequence` SET `Sequence` = 1501 WHERE `Action` = 'RemoveExistingProducts'
UPDATE `InstallExecuteSequence` SET `Condition` = 'VersionNT AND NOT UPGRADINGPRODUCTCODE' WHERE `Action` = 'DeleteServices'
-- The programs cannot be left out (16), and the service must be there for the installation to succeed (32768).
UPDATE `Feature` SET `Attributes` = 16 WHERE `Feature` = 'Programs'
UPDATE `ServiceInstall` SET `ErrorControl` = 32769 WHERE `ServiceInstall` = 'Service'
